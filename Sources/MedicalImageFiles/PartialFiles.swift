import Glibc
import Synchronization

/// Files that are being written, under names of their own until they are complete.
public enum PartialFiles {
    private static let paths = Mutex<Set<String>>([])

    /// Writes a file under a temporary name with the same ending, then gives it its own. What is there and no file,
    /// such as a pipe, is written to as it is.
    public static func complete(
        _ path: String, ending: String, _ write: (_ temporary: String) throws -> Void
    ) throws {
        if isThereButNoFile(path) { return try write(path) }
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

    public static func isThereButNoFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
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
