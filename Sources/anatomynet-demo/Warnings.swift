import AnatomyNet

/// What a run warned of: shown at once, and kept for its report.
final class Warnings {
    private(set) var messages: [String] = []

    func add(_ message: String) {
        messages.append(message)
        Terminal.warn(message)
    }

    /// For the library's messages.
    func log(_ level: LogLevel, _ message: String) {
        if level == .warning { add(message) }
    }
}
