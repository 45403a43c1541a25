import Synchronization

/// The memory of a finished call, kept for the next one: mapping and clearing fresh pages takes time.
///
/// Thread-safe, and never waits: where another thread is just looking, or a forked child finds the
/// lock as a vanished thread left it, a call finds nothing.
final class KeptMemory: Sendable {
    private let kept = Mutex<Buffer<UInt8>?>(nil)

    /// The kept memory, of arbitrary contents, if there is some and it has at least `bytes` bytes. What is
    /// too small is released, so that the caller may ask for more.
    func take(_ bytes: Int) -> Buffer<UInt8>? {
        let found = kept.withLockIfAvailable { kept in
            defer { kept = nil }
            return kept
        }
        guard case .some(.some(let memory)) = found, memory.count >= bytes else { return nil }
        return memory
    }

    /// Keeps the memory, unless more is kept already.
    func giveBack(_ memory: Buffer<UInt8>) {
        kept.withLockIfAvailable { kept in
            if memory.count > kept?.count ?? 0 { kept = memory }
        }
    }
}
