import Testing

@testable import AnatomyNet

/// A way to damage the small weight file, and what must be said about it.
struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kind: AnatomyNetError.Kind
    /// What the message must contain.
    let words: String
    let bytes: @Sendable () -> [UInt8]

    /// Damages the header's text and keeps the data and its checksum.
    static func header(
        _ from: String, _ to: String, _ kind: AnatomyNetError.Kind, _ words: String
    ) -> Damage {
        Damage(testDescription: "\(from) → \(to)", kind: kind, words: words) {
            let fixture = Safetensors.small()
            let header = replacingFirst(of: from, with: to, in: fixture.header.text)
            return Safetensors.file(header: Array(header.utf8), data: fixture.data)
        }
    }

    /// Changes the contents, and the checksum with them.
    static func contents(
        _ name: String, _ kind: AnatomyNetError.Kind, _ words: String,
        _ change: @escaping @Sendable (inout Safetensors) -> Void
    ) -> Damage {
        Damage(testDescription: name, kind: kind, words: words) {
            var fixture = Safetensors.small()
            change(&fixture)
            return fixture.bytes
        }
    }

    static func file(
        _ name: String, _ kind: AnatomyNetError.Kind, _ words: String,
        _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) -> Damage {
        Damage(testDescription: name, kind: kind, words: words) {
            var bytes = Safetensors.small().bytes
            change(&bytes)
            return bytes
        }
    }
}

private func replacingFirst(of target: String, with replacement: String, in text: String) -> String {
    guard let range = text.firstRange(of: target) else { return text }
    return text.replacingCharacters(in: range, with: replacement)
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}

@Suite("A damaged weight file is refused with its reason")
struct WeightFileRefusalTests {
    @Test func butTheSmallFileItselfIsNot() throws {
        try loadSmallNetwork(Safetensors.small().bytes)
    }

    /// Whoever reads that bytes belong to no tensor looks for the fault in the file's writer.
    @Test func aFileThatEndsTooEarlyIsSaidToBeCutShort() {
        let bytes = Safetensors.small().bytes
        let others = (8..<bytes.count).filter { count in
            let error = failure { () throws(AnatomyNetError) in _ = try readWeights(Array(bytes[..<count])) }
            return error?.message.contains("cut short") != true
        }
        #expect(others == [])
    }

    @Test(arguments: container + headers + tensors + metadata)
    func isRefused(_ damage: Damage) {
        let bytes = damage.bytes()
        #expect(bytes != Safetensors.small().bytes)
        let error = failure { () throws(AnatomyNetError) in try loadSmallNetwork(bytes) }
        #expect(error?.kind == damage.kind)
        #expect(error?.message.contains(damage.words) == true, "\(error?.message ?? "nothing thrown")")
    }

    static let container: [Damage] = [
        .file("empty", .container, "has 0 bytes") { $0 = [] },
        .file("7 bytes", .container, "has 7 bytes") { $0 = Array($0[..<7]) },
        .file("8 bytes", .container, "cut short") { $0 = Array($0[..<8]) },
        .file("header length 0", .container, "this is no safetensors file: its header length is 0") {
            $0.replaceSubrange(0..<8, with: [UInt8](repeating: 0, count: 8))
        },
        .file("header length 2^64 - 1", .container, "18446744073709551615") {
            $0.replaceSubrange(0..<8, with: [UInt8](repeating: 255, count: 8))
        },
        .file("header length 2^63", .container, "header length is 9223372036854776") { $0[7] = 128 },
        .file("header one byte longer", .container, "near byte") { $0[0] += 1 },
        .file("header one byte shorter", .container, "premature EOF") { $0[0] -= 1 },
        .file("header beyond 1 MiB", .container, "1 to 1048576 are allowed") {
            $0 = Safetensors.file(header: [UInt8](repeating: 0x20, count: 1 << 20 | 1), data: [])
        },
        .file(
            "last byte missing", .container,
            "the file seems to be cut short: tensor 'conv1.weight' ends at byte 248 of the data, which has 247"
        ) { $0.removeLast() },
        .file("half of the header missing", .container, "cut short") { $0 = Array($0[..<200]) },
        .file("a zip archive, as PyTorch writes it", .container, "this is no safetensors file") {
            $0 = [0x50, 0x4B, 0x03, 0x04, 0, 0, 8, 8, 0, 0] + [UInt8](repeating: 0, count: 100)
        },
        .file("a gzip stream without name and time", .container, "this is no safetensors file") {
            $0 = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 0x55, count: 100)
        },
        .file("a NIfTI image", .container, "this is no safetensors file") {
            $0 = [0x5C, 1, 0, 0] + [UInt8](repeating: 0, count: 600)
        },
        .file("text", .container, "this is no safetensors file") {
            $0 = Array("NRRD0004\ntype: short\n".utf8)
        },
        .file("a byte appended", .container, "belong to no tensor") { $0.append(0) },
        .file("a bit of the data", .checksum, "SHA-256") { $0[$0.count - 3] ^= 1 },
        .file(
            "space before the header", .container, "no safetensors file: its header does not begin with '{'"
        ) {
            $0 = Safetensors.file(
                header: Array((" " + Safetensors.small().header.text).utf8), data: Safetensors.small().data)
        },
        .file("an array", .container, "does not begin with '{'") {
            $0 = Safetensors.file(header: Array("[]".utf8), data: [])
        },
        .file("two objects", .container, "trailing garbage") {
            $0 = Safetensors.file(header: Array("{}{}".utf8), data: [])
        },
        .file("a NUL after the object", .container, "valid JSON") {
            $0 = Safetensors.file(header: Array("{}\0".utf8), data: [])
        },
        .file("no tensors", .tensor, "'conv1.weight' is missing") {
            $0 = Safetensors.file(header: Array("{}".utf8), data: [])
        },
        .file("deep nesting", .container, "'a' in the header must be an object, but is an array") {
            $0 = Safetensors.file(
                header: Array((#"{"a":"# + String(repeating: "[", count: 100_000)).utf8), data: [])
        },
        .file("a number of 70 digits", .container, "a number of 70 bytes") {
            let digits = String(repeating: "1", count: 70)
            $0 = Safetensors.file(header: Array(#"{"w":{"shape":[\#(digits)]}}"#.utf8), data: [])
        },
        .file("a key of 257 bytes", .container, "a key of 257 bytes") {
            $0 = Safetensors.file(
                header: Array(#"{"\#(String(repeating: "k", count: 257))":{}}"#.utf8), data: [])
        },
        .file("a value of 32769 bytes", .container, "a string of 32769 bytes") {
            let value = String(repeating: "v", count: 32769)
            $0 = Safetensors.file(header: Array(#"{"__metadata__":{"k":"\#(value)"}}"#.utf8), data: [])
        },
        .file("1025 tensors", .container, "more than 1024 tensors; the first beyond is 't1024'") {
            var fixture = Safetensors()
            fixture.tensors = (0...1024).map { .float32("t\($0)", [1], [0]) }
            $0 = fixture.bytes
        },
        .file("513 metadata entries", .container, "more than 512 entries; the first beyond is 'k512'") {
            var fixture = Safetensors()
            fixture.metadata = (0...512).map { ("k\($0)", "") }
            $0 = fixture.bytes
        },
        .file("overlong UTF-8", .container, "not valid UTF-8") { $0 = withKey([0xC0, 0x80]) },
        .file("a surrogate in UTF-8", .container, "not valid UTF-8") { $0 = withKey([0xED, 0xA0, 0x80]) },
        .file("beyond Unicode", .container, "not valid UTF-8") { $0 = withKey([0xF4, 0x90, 0x80, 0x80]) },
        .file("a lone continuation byte", .container, "invalid bytes in UTF8") { $0 = withKey([0x80]) },
        .file("a Latin-1 letter", .container, "invalid bytes in UTF8") { $0 = withKey([0xFC, 0x72]) },
        .file("an escaped NUL", .container, "embedded NUL") { $0 = withKey(Array(#"a\u0000b"#.utf8)) },
        .file("an unpaired high surrogate", .container, "unpaired surrogate") {
            $0 = withKey(Array(#"\uD800x"#.utf8))
        },
        .file("a high surrogate before a letter", .container, "unpaired surrogate") {
            $0 = withKey(Array(#"\ud83d\u0041"#.utf8))
        },
        .file("an unpaired low surrogate", .container, "unpaired surrogate") {
            $0 = withKey(Array(#"\\\uDE00"#.utf8))
        },
        .file("a raw line feed in a string", .container, "valid JSON") { $0 = withKey([0x0A]) },
    ]

    private static func withKey(_ key: [UInt8]) -> [UInt8] {
        Safetensors.file(header: Array(#"{"__metadata__":{""#.utf8) + key + Array(#"":"x"}}"#.utf8), data: [])
    }

    static let headers: [Damage] = [
        .header(#""dtype":"F32","#, "", .container, "'bn1.running_mean' has no dtype"),
        .header(#""shape":[2],"#, "", .container, "'bn1.running_mean' has no shape"),
        .header(#","data_offsets":[8,16]"#, "", .container, "'bn1.running_mean' has no data_offsets"),
        .header(
            #""shape":[2]"#, #""shape":[2],"shape":[2]"#, .container, "'bn1.running_mean' has shape twice"),
        .header(
            #""dtype":"F32""#, #""dtype":"F32","dtype":"F32""#, .container,
            "'bn1.running_mean' has dtype twice"),
        .header(
            #""data_offsets":[8,16]"#, #""data_offsets":[8,16],"data_offsets":[8,16]"#, .container,
            "'bn1.running_mean' has data_offsets twice"),
        .header(#""shape":[2]"#, #""shape":[2],"strides":[1]"#, .container, "unknown field 'strides'"),
        .header(#""bn1.running_var""#, #""bn1.running_mean""#, .container, "tensor 'bn1.running_mean' twice"),
        .header(
            #""bn1.running_var""#, #""bn1.running\u005fmean""#, .container, "tensor 'bn1.running_mean' twice"),
        .header(#""bn1.running_var""#, #""""#, .container, "empty name"),
        .header(#""institute""#, #""anatomynet.classes""#, .container, "key 'anatomynet.classes' twice"),
        .header(#""bn1.weight":{"#, #""__metadata__":{},"bn1.weight":{"#, .container, "'__metadata__' twice"),
        .header(#""für Prüfzwecke""#, "1", .container, "'institute' must be a string, but is the number 1"),
        .header(#""für Prüfzwecke""#, "null", .container, "'institute' must be a string, but is null"),
        .header(#""für Prüfzwecke""#, "[]", .container, "'institute' must be a string, but is an array"),
        .header(
            #""__metadata__":{"#, #""x":1,"__metadata__":{"#, .container,
            "'x' in the header must be an object"),
        .header(
            #""__metadata__":{"#, #""x":[],"__metadata__":{"#, .container,
            "'x' in the header must be an object"),
        .header(
            #""dtype":"F32""#, #""dtype":1"#, .container,
            "dtype of tensor 'bn1.running_mean' must be a string"),
        .header(
            #""dtype":"F32""#, #""dtype":"F64""#, .tensor,
            "'bn1.running_mean' has dtype 'F64'; allowed are F32"),
        .header(#""dtype":"F32""#, #""dtype":"f32""#, .tensor, "'bn1.running_mean' has dtype 'f32'"),
        .header(
            #""shape":[2]"#, #""shape":2"#, .container, "shape of tensor 'bn1.running_mean' must be an array"),
        .header(
            #""shape":[2]"#, #""shape":{}"#, .container, "shape of tensor 'bn1.running_mean' must be an array"
        ),
        .header(
            #""shape":[2]"#, #""shape":["2"]"#, .container,
            "must hold plain integers, but holds the string '2'"),
        .header(
            #""shape":[2]"#, #""shape":[[2]]"#, .container, "must hold plain integers, but holds an array"),
        .header(#""shape":[2]"#, #""shape":[true]"#, .container, "must hold plain integers, but holds true"),
        .header(#""shape":[2]"#, #""shape":[0]"#, .container, "shape of tensor 'bn1.running_mean' holds 0"),
        .header(#""shape":[2]"#, #""shape":[-2]"#, .container, "holds -2"),
        .header(#""shape":[2]"#, #""shape":[2.0]"#, .container, "holds 2.0"),
        .header(#""shape":[2]"#, #""shape":[2e0]"#, .container, "holds 2e0"),
        .header(#""shape":[2]"#, #""shape":[02]"#, .container, "shape of tensor 'bn1.running_mean' holds 0"),
        .header(#""shape":[2]"#, #""shape":[+2]"#, .container, "valid JSON"),
        .header(#""shape":[2]"#, #""shape":[2,]"#, .container, "valid JSON"),
        .header(#""shape":[2]"#, #""shape":[NaN]"#, .container, "valid JSON"),
        .header(#""shape":[2]"#, #""shape":[9007199254740993]"#, .container, "holds 9007199254740993"),
        .header(
            #""shape":[2]"#, #""shape":[18446744073709551618]"#, .container, "holds 18446744073709551618"),
        .header(#""shape":[2]"#, #""shape":[9007199254740992,9007199254740992]"#, .container, "overflows"),
        .header(#""shape":[2]"#, #""shape":[4294967296,4294967296,2]"#, .container, "overflows"),
        .header(#""shape":[2]"#, #""shape":[1,1,1,1,1,1,1,1,2]"#, .container, "more than 8 dimensions"),
        .header(#""shape":[2]"#, #""shape":[3]"#, .container, "'bn1.running_mean' has 8 bytes of data"),
        .header(
            #""data_offsets":[8,16]"#, #""data_offsets":[8]"#, .container, "must be its begin and its end"),
        .header(
            #""data_offsets":[8,16]"#, #""data_offsets":[]"#, .container, "must be its begin and its end"),
        .header(#""data_offsets":[8,16]"#, #""data_offsets":[8,16,24]"#, .container, "more than two numbers"),
        .header(
            #""data_offsets":[8,16]"#, #""data_offsets":[16,8]"#, .container, "must be its begin and its end"),
        .header(#""data_offsets":[8,16]"#, #""data_offsets":[-8,0]"#, .container, "holds -8"),
        .header(
            #""data_offsets":[8,16]"#, #""data_offsets":[8,9007199254740993]"#, .container,
            "holds 9007199254740993"),
        .header(#""data_offsets":[8,16]"#, #""data_offsets":[7,15]"#, .container, "overlap"),
        .header(
            #""data_offsets":[8,16]"#, #""data_offsets":[9,17]"#, .container,
            "before tensor 'bn1.running_mean' belong to no tensor"),
        .header(#""data_offsets":[8,16]"#, #""data_offsets":[16,24]"#, .container, "belong to no tensor"),
        .header(
            #""data_offsets":[8,16]"#, #""data_offsets":[9007199254740984,9007199254740992]"#, .container,
            "belong to no tensor"),
        .header(#""__metadata__":{"#, #""__metadata__":/* */{"#, .container, "valid JSON"),
        .header(#""__metadata__":{"#, #"'__metadata__':{"#, .container, "valid JSON"),
    ]

    static let tensors: [Damage] = [
        .contents("missing", .tensor, "'bn1.weight' is missing; the small network needs it with shape [2]") {
            $0.tensors.remove(at: 3)
        },
        .contents("unknown", .tensor, "'extra' is unknown to the small network") {
            $0.tensors.append(.float32("extra", [1], [0]))
        },
        .contents(
            "wrong shape", .tensor,
            "'conv1.weight' has shape [1, 2, 3, 3, 3]; the small network needs [2, 1, 3, 3, 3]"
        ) {
            $0.tensors[4].shape = [1, 2, 3, 3, 3]
        },
        .contents(
            "a scalar of shape [1]", .tensor,
            "'bn1.num_batches_tracked' has shape [1]; the small network needs []"
        ) {
            $0.tensors[0].shape = [1]
        },
        .contents("integers as weights", .tensor, "'bn1.weight' has dtype I64; the small network needs F32") {
            $0.tensors[3] = .int64("bn1.weight", [2], [1, 1])
        },
        .contents(
            "a counter of floats", .tensor,
            "'bn1.num_batches_tracked' has dtype F32; the small network needs I64"
        ) {
            $0.tensors[0] = .float32("bn1.num_batches_tracked", [], [1])
        },
        .contents("NaN", .weightValue, "element 1 of tensor 'bn1.running_mean' is nan") {
            $0.tensors[1] = .float32("bn1.running_mean", [2], [0, .nan])
        },
        .contents("infinity", .weightValue, "element 0 of tensor 'bn1.weight' is -inf; it must be finite") {
            $0.tensors[3] = .float32("bn1.weight", [2], [-.infinity, 0])
        },
        .contents("a negative variance", .weightValue, "element 1 of tensor 'bn1.running_var' is -1e-30") {
            $0.tensors[2] = .float32("bn1.running_var", [2], [0, -1e-30])
        },
    ]

    static let metadata: [Damage] = [
        .contents("a checksum in capitals", .metadata, "64 lower-case hexadecimal digits") {
            $0.metadata.append(("anatomynet.data_sha256", String(repeating: "A", count: 64)))
            $0.statesDigest = false
        },
        .contents("a checksum of 63 digits", .metadata, "64 lower-case hexadecimal digits") {
            $0.metadata.append(("anatomynet.data_sha256", String(repeating: "a", count: 63)))
            $0.statesDigest = false
        },
        .contents("another checksum", .checksum, "anatomynet.data_sha256 says aaaa") {
            $0.metadata.append(("anatomynet.data_sha256", String(repeating: "a", count: 64)))
            $0.statesDigest = false
        },
        .contents(
            "a later version", .unsupported, "anatomynet.format_version is '2'; this library reads version 1"
        ) {
            $0.metadata[0].value = "2"
        },
        .contents(
            "three class names for two classes", .metadata, "3 class names are stated; the network has 2"
        ) {
            $0.metadata[1].value = #"["background","Mandible","Larynx"]"#
        },
    ]

    @Test func toleratesWhatIsAllowed() throws {
        var fixture = Safetensors.small()
        fixture.tensors.remove(at: 0)
        try loadSmallNetwork(fixture.bytes)
        fixture.tensors[1] = .float32("bn1.running_var", [2], [0, -0.0])
        try loadSmallNetwork(fixture.bytes)
        fixture.tensors[0].dtype = "BF16"
        fixture.tensors[0].bytes = [0, 0, 0x80, 0x3F]
        try loadSmallNetwork(fixture.bytes)
        fixture.metadata.append(("anatomynet.provenance", "emoji \u{1F600} and \"quotes\""))
        try loadSmallNetwork(fixture.bytes)
        fixture.tensors.reverse()
        try loadSmallNetwork(fixture.bytes)
    }

    @Test(arguments: ["[", #"{"a":"#]) func jsonNestsAtMostFourLevels(level: String) throws {
        for depth in 1...6 {
            var deepest = 0
            let text = Array(String(repeating: level, count: depth).utf8)
            let error = text.withUnsafeBufferPointer { text in
                failure { () throws(AnatomyNetError) in
                    try readJSON(text, subject: "the text", kind: .metadata) { event in deepest += 1 }
                }
            }
            #expect(error?.kind == .metadata)
            let words = depth <= 4 ? "premature EOF" : "the text nests deeper than 4 levels"
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            #expect(deepest <= 8)
        }
    }

    @Test func readsEscapesAsTheirCharacters() throws {
        let header = #"{"__metadata__":{"\u0061\/":"\ud83d\ude00\n\\u0000 \"é\""}}"#
        let file = try readWeights(Safetensors.file(header: Array(header.utf8), data: []))
        #expect(file.metadata[0].key == "a/")
        #expect(file.metadata[0].value == "\u{1F600}\n\\u0000 \"é\"")
    }
}
