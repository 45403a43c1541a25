import CMessageDigest

/// A SHA-256 digest (FIPS 180-4) under construction.
struct SHA256 {
    private var state = SHA2_CTX()

    init() {
        SHA256Init(&state)
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        SHA256Update(&state, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// 64 lower-case hexadecimal digits.
    mutating func hexadecimal() -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256Final(&digest, &state)
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
