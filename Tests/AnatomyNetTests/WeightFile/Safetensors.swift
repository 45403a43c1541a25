import AnatomyNet
import Foundation

/// JSON as a tree whose objects may repeat keys, so that tests can write what no JSON library would.
indirect enum JSONNode {
    case object([(key: String, value: JSONNode)])
    case array([JSONNode])
    case string(String)
    /// Written as it is.
    case raw(String)

    var text: String {
        switch self {
        case .object(let members):
            "{" + members.map { "\(Self.literal($0.key)):\($0.value.text)" }.joined(separator: ",") + "}"
        case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .string(let string): Self.literal(string)
        case .raw(let raw): raw
        }
    }

    private static func literal(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<"\u{20}":
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// A safetensors file under construction.
struct Safetensors {
    struct Tensor {
        var name: String
        var dtype: String
        var shape: [Int]
        var bytes: [UInt8]

        static func float32(_ name: String, _ shape: [Int], _ values: [Float]) -> Tensor {
            let bytes = values.flatMap { value in
                withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
            }
            return Tensor(name: name, dtype: "F32", shape: shape, bytes: bytes)
        }

        static func int64(_ name: String, _ shape: [Int], _ values: [Int64]) -> Tensor {
            let bytes = values.flatMap { value in withUnsafeBytes(of: value.littleEndian, Array.init) }
            return Tensor(name: name, dtype: "I64", shape: shape, bytes: bytes)
        }

        static func words(_ name: String, _ dtype: String, _ values: [UInt16]) -> Tensor {
            let bytes = values.flatMap { value in withUnsafeBytes(of: value.littleEndian, Array.init) }
            return Tensor(name: name, dtype: dtype, shape: [values.count], bytes: bytes)
        }
    }

    var metadata: [(key: String, value: String)] = []
    var tensors: [Tensor] = []
    var statesDigest = true

    /// A convolution and a batch normalisation of two channels.
    static func small() -> Safetensors {
        Safetensors(
            metadata: [
                ("anatomynet.format_version", "1"), ("anatomynet.classes", #"["background","Mandible"]"#),
                ("institute", "für Prüfzwecke"),
            ],
            tensors: [
                .int64("bn1.num_batches_tracked", [], [7]),
                .float32("bn1.running_mean", [2], [0.5, -0.5]),
                .float32("bn1.running_var", [2], [1, 2]),
                .float32("bn1.weight", [2], [1, 3]),
                .float32("conv1.weight", [2, 1, 3, 3, 3], (0..<54).map { Float($0) / 54 - 0.5 }),
            ])
    }

    static let smallNetwork = [
        ExpectedTensor(name: "conv1.weight", shape: [2, 1, 3, 3, 3]),
        ExpectedTensor(name: "bn1.weight", shape: [2]),
        ExpectedTensor(name: "bn1.running_mean", shape: [2]),
        ExpectedTensor(name: "bn1.running_var", shape: [2], kind: .variance),
        ExpectedTensor(name: "bn1.num_batches_tracked", shape: [], kind: .counter, isOptional: true),
    ]

    var data: [UInt8] { tensors.flatMap(\.bytes) }

    /// The header as a tree, to be damaged.
    var header: JSONNode {
        var entries = metadata
        if statesDigest {
            entries.append(("anatomynet.data_sha256", sha256(data)))
        }
        var members: [(key: String, value: JSONNode)] = []
        if !entries.isEmpty {
            members.append(("__metadata__", .object(entries.map { ($0.key, .string($0.value)) })))
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.bytes.count
            members.append(
                (
                    tensor.name,
                    .object([
                        ("dtype", .string(tensor.dtype)),
                        ("shape", .array(tensor.shape.map { .raw("\($0)") })),
                        ("data_offsets", .array([.raw("\(offset)"), .raw("\(end)")])),
                    ])
                ))
            offset = end
        }
        return .object(members)
    }

    var bytes: [UInt8] { Self.file(header: Array(header.text.utf8), data: data) }

    static func file(header: [UInt8], data: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + data
    }
}

func readWeights(_ bytes: [UInt8]) throws(AnatomyNetError) -> WeightFile {
    let result = bytes.withUnsafeBytes { bytes in
        Result { () throws(AnatomyNetError) in try WeightFile.read(bytes: bytes) }
    }
    return try result.get()
}

/// Everything that loading does to a weight file before the network is built.
@discardableResult
func loadSmallNetwork(_ bytes: [UInt8]) throws(AnatomyNetError) -> WeightFile {
    let file = try readWeights(bytes)
    let description = try ModelDescription(metadata: file.metadata)
    try file.check(against: Safetensors.smallNetwork, network: "the small network")
    _ = try description.classNames(count: 2)
    for tensor in Safetensors.smallNetwork where tensor.kind != .counter { _ = try file.floats(tensor.name) }
    return file
}

extension WeightFile {
    /// A small tensor's elements.
    func array(_ name: String) throws(AnatomyNetError) -> [Float] {
        try floats(name).withElements { Array($0) }
    }
}

/// The error that `body` throws, or nil.
func failure(_ body: () throws(AnatomyNetError) -> Void) -> AnatomyNetError? {
    do throws(AnatomyNetError) {
        try body()
        return nil
    } catch {
        return error
    }
}

/// SHA-256 straight from FIPS 180-4, so that tests do not rely on the library's own.
func sha256(_ message: [UInt8]) -> String {
    func fraction(_ root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 4_294_967_296) }
    let primes = (2...311).filter { n in !(2..<n).contains { n % $0 == 0 } }
    // Square roots are correctly rounded and cube roots within an ulp: both have the 32 bits needed.
    let k = primes.prefix(64).map { fraction(cbrt(Double($0))) }
    var h = primes.prefix(8).map { fraction(Double($0).squareRoot()) }
    var padded = message + [0x80]
    padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
    padded += withUnsafeBytes(of: UInt64(message.count * 8).bigEndian, Array.init)
    func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    for start in stride(from: 0, to: padded.count, by: 64) {
        var w = (0..<16).map { i in
            padded[(start + 4 * i)..<(start + 4 * i + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for i in 16..<64 {
            let s0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3
            let s1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10
            w.append(w[i - 16] &+ s0 &+ w[i - 7] &+ s1)
        }
        var v = h
        for i in 0..<64 {
            let s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)
            let choice = v[4] & v[5] ^ ~v[4] & v[6]
            let t1 = v[7] &+ s1 &+ choice &+ k[i] &+ w[i]
            let s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)
            let majority = v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]
            v = [t1 &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
        }
        h = zip(h, v).map { $0 &+ $1 }
    }
    return h.map { word in
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
}
