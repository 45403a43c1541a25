import Glibc

/// What the system says of itself in files of one word.
enum SystemSetting {
    /// The first word of the file; nil if there is no such file, or it cannot be read.
    static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { text in
            let count = Glibc.read(file, text.baseAddress, text.count)
            return String(decoding: text.prefix(max(count, 0)), as: UTF8.self)
                .split(whereSeparator: \.isWhitespace).first.map { String($0) }
        }
    }
}
