import Glibc
import Synchronization

/// Files that are being written, under names of their own until they are complete.
public enum PartialFiles {
    private static let paths = Mutex<Set<String>>([])

    /// Writes a file under a temporary name with the same ending, then gives it its own.
    static func complete(_ path: String, ending: String, _ write: (_ temporary: String) throws -> Void) throws
    {
        let temporary = "\(path).\(getpid()).partial\(ending)"
        paths.withLock { _ = $0.insert(temporary) }
        defer { paths.withLock { _ = $0.remove(temporary) } }
        do {
            try write(temporary)
            let status = paths.withLock { _ in rename(temporary, path) }
            guard status == 0 else { throw ImageFileError.system(path, "cannot be given its name") }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Removes what is not complete, then ends the process; no file is begun or completed meanwhile.
    ///
    /// Not for signal handlers, which must not wait for locks.
    public static func remove(andThen end: () -> Never) -> Never {
        paths.withLock { paths in
            for path in paths { unlink(path) }
            end()
        }
    }
}
