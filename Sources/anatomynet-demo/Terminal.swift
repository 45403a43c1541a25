import AnatomyNet
// The C library's `stdout` is a variable that nothing here assigns.
@preconcurrency import Glibc
import MedicalImageFiles

/// What goes to the person at the terminal beside the results.
enum Terminal {
    static let isStandardErrorShown = isatty(STDERR_FILENO) == 1

    /// Writes out what was printed: a table lost to a full disk must not pass for a success.
    ///
    /// - Throws: `ImageFileError` with the system's reason.
    static func flushStandardOutput() throws {
        guard fflush(stdout) == 0, ferror(stdout) == 0 else {
            throw ImageFileError.system("standard output", "cannot be written")
        }
    }

    /// Writes a line to standard error.
    static func note(_ message: String) {
        writeToStandardError("\(message)\n")
    }

    /// For the library's messages: warnings are shown.
    static func log(_ level: LogLevel, _ message: String) {
        if level == .warning { warn(message) }
    }

    static func warn(_ message: String) {
        note("warning: \(message)")
    }

    static func writeToStandardError(_ text: String) {
        // A message that cannot be shown is no reason to stop.
        _ = Array(text.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// A progress bar on standard error; silent where that is no terminal.
final class ProgressBar {
    private var lastPercent = -1
    private static let cells = 40

    func show(_ fraction: Double) {
        let percent = Int(max(0, min(1, fraction)) * 100)
        guard Terminal.isStandardErrorShown, percent != lastPercent else { return }
        lastPercent = percent
        let full = percent * Self.cells / 100
        let bar = String(repeating: "█", count: full) + String(repeating: "·", count: Self.cells - full)
        let number = String(repeating: " ", count: 3 - "\(percent)".count) + "\(percent)"
        Terminal.writeToStandardError("\r\(bar) \(number) %")
    }

    /// Removes the bar.
    func clear() {
        guard lastPercent >= 0 else { return }
        Terminal.writeToStandardError("\r\u{1B}[K")
    }
}
