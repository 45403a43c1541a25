import Synchronization

/// The memory of a finished call, kept for the next one: with its pages, where a model is to keep them, for
/// mapping and clearing fresh ones takes time; otherwise without, and only where that saves time
/// (`WorkspaceMemory.vacate`).
///
/// Thread-safe, and never waits: where another thread is just looking, or a forked child finds it so as a
/// vanished thread left it, a call finds nothing.
final class KeptMemory: @unchecked Sendable {
    private let keepsPages: Bool
    private let isTaken = Atomic(false)
    /// Only for who has taken it.
    private var kept: WorkspaceMemory?

    init(keepsPages: Bool) {
        self.keepsPages = keepsPages
    }

    /// The kept memory, of arbitrary contents, if there is some and it has at least `bytes` bytes. What is
    /// too small is released, so that the caller may ask for more.
    func take(_ bytes: Int) -> WorkspaceMemory? {
        let found = withKept { kept in
            defer { kept = nil }
            return kept
        }
        guard case .some(.some(let memory)) = found, memory.bytes.count >= bytes else { return nil }
        return memory
    }

    /// Keeps the memory, unless more is kept already.
    func giveBack(_ memory: WorkspaceMemory, runner: Runner) {
        guard keepsPages || memory.vacate(runner: runner) else { return }
        _ = withKept { kept in
            if memory.bytes.count > kept?.bytes.count ?? 0 { kept = memory }
        }
    }

    /// nil where another thread has taken it.
    private func withKept<Result>(_ body: (inout WorkspaceMemory?) -> Result) -> Result? {
        let (isMine, _) = isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring)
        guard isMine else { return nil }
        defer { isTaken.store(false, ordering: .releasing) }
        return body(&kept)
    }
}
