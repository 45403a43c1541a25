/// Why an image file could not be read or written: one sentence for a person, starting with the path.
public struct ImageFileError: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public init(_ path: String, _ reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path): \(reason)" }
}
