import Glibc

/// What goes to the person at the terminal beside the results.
enum Terminal {
    /// Writes a line to standard error.
    static func note(_ message: String) {
        fputs("\(message)\n", stderr)
    }
}

/// A progress bar on standard error; silent where that is no terminal.
final class ProgressBar {
    private let isShown = isatty(STDERR_FILENO) == 1
    private var lastPercent = -1
    private static let cells = 40

    func show(_ fraction: Double) {
        let percent = Int(max(0, min(1, fraction)) * 100)
        guard isShown, percent != lastPercent else { return }
        lastPercent = percent
        let full = percent * Self.cells / 100
        let bar = String(repeating: "█", count: full) + String(repeating: "·", count: Self.cells - full)
        let number = String(repeating: " ", count: 3 - "\(percent)".count) + "\(percent)"
        fputs("\r\(bar) \(number) %", stderr)
    }

    /// Removes the bar.
    func clear() {
        guard isShown, lastPercent >= 0 else { return }
        fputs("\r\u{1B}[K", stderr)
    }
}
