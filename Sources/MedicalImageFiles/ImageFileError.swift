import Glibc

/// Why an image file could not be read or written: one sentence for a person, starting with the path.
public struct ImageFileError: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public init(_ path: String, _ reason: String) {
        self.path = path
        self.reason = reason
    }

    /// What the C library refused last on this thread (`errno`), with its reason in brackets.
    ///
    /// - Parameter failure: what failed, such as "cannot be opened for reading".
    public static func system(_ path: String, _ failure: String) -> ImageFileError {
        let code = errno
        return ImageFileError(path, "\(failure) (\(String(cString: strerror(code))))")
    }

    public var description: String { "\(path): \(reason)" }
}
