/// A weight file in memory: a safetensors container whose structure and checksum were verified.
///
/// See `docs/weight-format.md`. Does not change after it was read; any number of threads may use it.
public final class WeightFile: Sendable {
    /// What is accepted; beyond it, reading ends with an error that says so. The counts keep every
    /// table below 64 KB: a failed allocation of a Swift table ends the process.
    public enum Limits {
        /// Bytes of the JSON header.
        public static let header = 1 << 20
        /// Bytes of the data section.
        public static let data = 512 << 20
        /// Tensors of a file.
        public static let tensors = 1024
        /// Entries of `__metadata__`.
        public static let metadataEntries = 512
        /// Dimensions of a tensor.
        public static let rank = 8
    }

    /// The header's `__metadata__`, in the order of the file.
    public let metadata: [(key: String, value: String)]
    /// In the order of the header.
    public let tensors: [WeightTensor]
    /// SHA-256 of the whole file, 64 lower-case hexadecimal digits.
    public let fingerprint: String

    private let tensorIndex: [String: Int]
    private let data: Buffer<UInt8>

    /// Reads a file. It may change or vanish afterwards.
    ///
    /// - Parameter path: of a regular file, in the system's file name encoding.
    /// - Throws: `.file`, `.container`, `.tensor` (an element type that is not supported), `.metadata`
    ///   (a malformed checksum), `.checksum`, `.outOfMemory`.
    public static func read(path: UnsafePointer<CChar>) throws(AnatomyNetError) -> WeightFile {
        try WeightFile(source: try FileSource(path: path))
    }

    /// Reads a file that is in memory; the bytes are copied. Otherwise as `read(path:)`.
    public static func read(bytes: UnsafeRawBufferPointer) throws(AnatomyNetError) -> WeightFile {
        try WeightFile(source: MemorySource(bytes: bytes))
    }

    private init(source: some ByteSource) throws(AnatomyNetError) {
        try Headroom.check()
        guard source.size >= 8 else {
            throw AnatomyNetError(
                .container,
                "a weight file begins with 8 bytes of header length, but this has \(source.size) bytes")
        }
        var lengthBytes: UInt64 = 0
        try withUnsafeMutableBytes(of: &lengthBytes) { (bytes) throws(AnatomyNetError) in
            try source.read(at: 0, into: bytes)
        }
        let length = UInt64(littleEndian: lengthBytes)
        try Self.verifyBeginning(of: source, headerLength: length)
        let headerBytes = try Buffer<UInt8>(count: Int(length), purpose: "the header of a weight file")
        try headerBytes.withElements { (elements) throws(AnatomyNetError) in
            try source.read(at: 8, into: UnsafeMutableRawBufferPointer(elements))
        }

        let dataSize = source.size - 8 - Int(length)
        guard dataSize <= Limits.data else {
            throw AnatomyNetError(
                .container, "the data section has \(dataSize) bytes; at most \(Limits.data) are allowed")
        }
        let header = try headerBytes.withElements { (elements) throws(AnatomyNetError) in
            try WeightFileHeader(text: UnsafeBufferPointer(elements), dataSize: dataSize)
        }
        let statedDigest = try Self.statedDigest(in: header.metadata)

        data = try Buffer<UInt8>(count: dataSize, purpose: "the data of a weight file")
        try data.withElements { (elements) throws(AnatomyNetError) in
            try source.read(at: 8 + Int(length), into: UnsafeMutableRawBufferPointer(elements))
        }
        try source.verifyUnchanged()

        if let statedDigest {
            var digest = SHA256()
            try data.withElements { digest.update(UnsafeRawBufferPointer($0)) }
            let found = digest.hexadecimal()
            guard found == statedDigest else {
                throw AnatomyNetError(
                    .checksum,
                    "the data section is damaged: its SHA-256 is \(found), but \(MetadataKey.dataSHA256.rawValue) "
                        + "says \(statedDigest)")
            }
        }
        var digest = SHA256()
        withUnsafeBytes(of: lengthBytes) { digest.update($0) }
        try headerBytes.withElements { digest.update(UnsafeRawBufferPointer($0)) }
        try data.withElements { digest.update(UnsafeRawBufferPointer($0)) }
        fingerprint = digest.hexadecimal()
        metadata = header.metadata
        tensors = header.tensors
        tensorIndex = header.tensorIndex
    }

    /// Files of other formats say an absurd length or go on with something else than a header.
    private static func verifyBeginning(
        of source: some ByteSource, headerLength length: UInt64
    ) throws(AnatomyNetError) {
        let following = UInt64(source.size - 8)
        guard length > 0, length <= UInt64(Limits.header) else {
            let fits = length > 0 && length <= following
            throw AnatomyNetError(
                .container,
                (fits ? "the" : "this is no safetensors file: its")
                    + " header length is \(length); 1 to \(Limits.header) are allowed")
        }
        if following > 0 {
            var first: UInt8 = 0
            try withUnsafeMutableBytes(of: &first) { (byte) throws(AnatomyNetError) in
                try source.read(at: 8, into: byte)
            }
            guard first == UInt8(ascii: "{") else {
                throw AnatomyNetError(
                    .container, "this is no safetensors file: its header does not begin with '{'")
            }
        }
        guard length <= following else {
            throw AnatomyNetError(
                .container, "the file is cut short: its header has \(length) bytes, and \(following) follow")
        }
    }

    private static func statedDigest(
        in metadata: [(key: String, value: String)]
    ) throws(AnatomyNetError) -> String? {
        let key = MetadataKey.dataSHA256.rawValue
        guard let value = metadata.first(where: { $0.key == key })?.value else { return nil }
        let isDigest =
            value.utf8.count == 64
            && value.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
        guard isDigest else {
            throw AnatomyNetError(
                .metadata, "\(key) is \(quoted(value)); it must be 64 lower-case hexadecimal digits")
        }
        return value
    }

    /// The tensor of this name, if there is one.
    public func tensor(_ name: String) -> WeightTensor? {
        tensorIndex[name].map { tensors[$0] }
    }

    /// A tensor's elements in their order in the file, as float32. float16 and bfloat16 convert
    /// exactly.
    ///
    /// - Throws: `.tensor` if there is none of this name or it holds integers, `.weightValue` naming
    ///   the first element that is NaN or infinite, `.outOfMemory`.
    public func floats(_ name: String) throws(AnatomyNetError) -> Buffer<Float> {
        guard let tensor = tensor(name) else {
            throw AnatomyNetError(.tensor, "tensor \(quoted(name)) is missing")
        }
        guard tensor.type != .int64 else {
            throw AnatomyNetError(
                .tensor, "tensor \(quoted(name)) has dtype I64; weights must be F32, F16 or BF16")
        }
        let result = try Buffer<Float>(
            count: tensor.elementCount, purpose: "tensor \(quoted(name)) as float32")
        let output = result.pointer
        // The loop has no exit, so that it vectorises; the rare failure is located afterwards.
        var allFinite = true
        forEachFloat(of: tensor) { index, value in
            output[index] = value
            allFinite = allFinite && value.isFinite
            return true
        }
        if !allFinite { try verifyValues(of: tensor, kind: .weight) }
        return result
    }

    /// Verifies that the file holds what a network needs and nothing else.
    ///
    /// - Parameters:
    ///   - expected: the network's tensors.
    ///   - network: the network's name, for messages.
    /// - Throws: `.tensor` for one that is missing, unknown, or of wrong type or shape; `.weightValue`
    ///   for NaN, infinity or a negative variance.
    public func check(
        against expected: [ExpectedTensor], network: String = "the network"
    ) throws(AnatomyNetError) {
        var found = 0
        for item in expected {
            guard let tensor = tensor(item.name) else {
                if item.isOptional { continue }
                throw AnatomyNetError(
                    .tensor,
                    "tensor \(quoted(item.name)) is missing; \(network) needs it with shape \(item.shape)")
            }
            found += 1
            guard tensor.shape == item.shape else {
                throw AnatomyNetError(
                    .tensor,
                    "tensor \(quoted(item.name)) has shape \(tensor.shape); \(network) needs \(item.shape)")
            }
            guard (tensor.type == .int64) == (item.kind == .counter) else {
                throw AnatomyNetError(
                    .tensor,
                    "tensor \(quoted(item.name)) has dtype \(tensor.type.rawValue); \(network) needs "
                        + (item.kind == .counter ? "I64" : "F32, F16 or BF16"))
            }
            try verifyValues(of: tensor, kind: item.kind)
        }
        guard found == tensors.count else {
            let names = Set(expected.lazy.map(\.name))
            let unknown = tensors.first { !names.contains($0.name) }?.name ?? ""
            throw AnatomyNetError(.tensor, "tensor \(quoted(unknown)) is unknown to \(network)")
        }
    }

    private func verifyValues(of tensor: WeightTensor, kind: ExpectedTensor.Kind) throws(AnatomyNetError) {
        let minimum: Float
        switch kind {
        case .weight: minimum = -.greatestFiniteMagnitude
        case .variance: minimum = 0
        case .counter: return
        }
        var refused: (index: Int, value: Float)?
        forEachFloat(of: tensor) { index, value in
            if value >= minimum && value <= .greatestFiniteMagnitude { return true }
            refused = (index, value)
            return false
        }
        guard let refused else { return }
        throw AnatomyNetError(
            .weightValue,
            "element \(refused.index) of tensor \(quoted(tensor.name)) is \(refused.value); it must be finite"
                + (kind == .variance ? " and not negative" : ""))
    }

    /// Calls `body` with the index and value of each element of a floating-point tensor until it
    /// returns false.
    @inline(__always)
    private func forEachFloat(of tensor: WeightTensor, _ body: (Int, Float) -> Bool) {
        defer { withExtendedLifetime(data) {} }
        let bytes = UnsafeRawPointer(data.pointer) + tensor.range.lowerBound
        switch tensor.type {
        case .float32:
            for index in 0..<tensor.elementCount {
                let bits = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                if !body(index, Float(bitPattern: UInt32(littleEndian: bits))) { return }
            }
        case .float16:
            for index in 0..<tensor.elementCount {
                let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
                if !body(index, Float(Float16(bitPattern: UInt16(littleEndian: bits)))) { return }
            }
        case .bfloat16:
            for index in 0..<tensor.elementCount {
                let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
                if !body(index, Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)) { return }
            }
        case .int64:
            return
        }
    }
}
