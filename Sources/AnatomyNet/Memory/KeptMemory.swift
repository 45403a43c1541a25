import Synchronization

/// The memory of a finished call, kept for the next one: mapping and clearing fresh pages takes time.
///
/// Thread-safe, and never waits: where another thread is just looking, or a forked child finds the
/// lock as a vanished thread left it, a call takes fresh memory instead.
final class KeptMemory: Sendable {
    private let kept = Mutex<Buffer<UInt8>?>(nil)

    /// At least `bytes` bytes of arbitrary contents: the kept ones if they are enough, else new ones.
    func take(_ bytes: Int, purpose: @autoclosure () -> String) throws(AnatomyNetError) -> Buffer<UInt8> {
        let found = kept.withLockIfAvailable { kept in
            defer { kept = nil }
            return kept
        }
        // Memory that is too small is released before more is asked for.
        if case .some(.some(let memory)) = found, memory.count >= bytes { return memory }
        return try Buffer(count: bytes, purpose: purpose())
    }

    /// Keeps the memory, unless more is kept already.
    func giveBack(_ memory: Buffer<UInt8>) {
        kept.withLockIfAvailable { kept in
            if memory.count > kept?.count ?? 0 { kept = memory }
        }
    }
}
