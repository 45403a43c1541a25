import Glibc

/// Where a weight file's bytes come from.
protocol ByteSource {
    /// Bytes in all.
    var size: Int { get }
    /// Fills `destination` with the bytes from `offset`; the range lies within `size`.
    func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(AnatomyNetError)
    /// Called after everything was read: throws if the source changed meanwhile.
    func verifyUnchanged() throws(AnatomyNetError)
}

/// Bytes in the caller's memory, which must stay as they are while this value is in use.
struct MemorySource: ByteSource {
    let bytes: UnsafeRawBufferPointer

    var size: Int { bytes.count }

    func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) {
        destination.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + destination.count]))
    }

    func verifyUnchanged() {}
}

/// A regular file, read piece by piece and never mapped: a mapped file that is truncated by somebody
/// else would end the process with a bus error.
final class FileSource: ByteSource {
    let size: Int
    private let descriptor: CInt
    private let name: String

    /// - Parameter path: in the system's file name encoding.
    /// - Throws: `.file`.
    init(path: UnsafePointer<CChar>) throws(AnatomyNetError) {
        name = quoted(
            String(
                decoding: UnsafeRawBufferPointer(start: path, count: strnlen(path, 512)), as: UTF8.self))
        // O_NONBLOCK: opening a FIFO without a writer would otherwise wait for one.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw AnatomyNetError(.file, "the file \(name) cannot be opened: \(systemError(errno))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = systemError(errno)
            close(descriptor)
            throw AnatomyNetError(.file, "the file \(name) cannot be examined: \(reason)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw AnatomyNetError(
                .file, "\(name) is \(fileKind(status.st_mode)); a weight file must be a regular file")
        }
        size = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(AnatomyNetError) {
        var done = 0
        while done < destination.count {
            let count = try readOnce(
                at: offset + done, into: UnsafeMutableRawBufferPointer(rebasing: destination[done...]))
            guard count > 0 else {
                throw AnatomyNetError(
                    .file,
                    "the file \(name) ends at byte \(offset + done) but had \(size) bytes when it was opened")
            }
            done += count
        }
    }

    func verifyUnchanged() throws(AnatomyNetError) {
        var byte: UInt8 = 0
        let count = try withUnsafeMutableBytes(of: &byte) { (byte) throws(AnatomyNetError) in
            try readOnce(at: size, into: byte)
        }
        guard count == 0 else {
            throw AnatomyNetError(.file, "the file \(name) grew beyond \(size) bytes while it was read")
        }
    }

    private func readOnce(
        at offset: Int, into destination: UnsafeMutableRawBufferPointer
    ) throws(AnatomyNetError) -> Int {
        while true {
            // Linux transfers at most 2 GB at once.
            let count = pread(descriptor, destination.baseAddress, min(destination.count, 1 << 30), offset)
            if count >= 0 { return count }
            let code = errno
            guard code == EINTR else {
                throw AnatomyNetError(.file, "the file \(name) cannot be read: \(systemError(code))")
            }
        }
    }
}

private func fileKind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a directory"
    case S_IFIFO: "a FIFO"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "not a regular file"
    }
}

/// The system's words for an errno value; unlike strerror, safe on any thread.
private func systemError(_ code: CInt) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard let text = buffer.baseAddress, strerror_r(code, text, buffer.count) == 0 else {
            return "error \(code)"
        }
        return String(cString: text)
    }
}
