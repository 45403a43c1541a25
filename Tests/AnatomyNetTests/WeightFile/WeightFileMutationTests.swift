import Testing

@testable import AnatomyNet

@Suite("A mutated weight file")
struct WeightFileMutationTests {
    /// Mutates the header's tree once to three times. The checksum of the data stays valid unless the
    /// mutation hits it.
    @Test(arguments: 0..<20) func ofChangedHeaderEndsInAResultOrAReason(seed: UInt64) {
        var random = TestRandom(state: seed + 1)
        var refused = 0
        for _ in 0..<500 {
            let fixture = Safetensors.small()
            var header = fixture.header
            for _ in 0..<Int.random(in: 1...3, using: &random) { header = mutated(header, &random) }
            if verify(Safetensors.file(header: Array(header.text.utf8), data: fixture.data)) { refused += 1 }
        }
        #expect(refused > 250)
    }

    @Test(arguments: 0..<20) func ofChangedBytesEndsInAResultOrAReason(seed: UInt64) {
        var random = TestRandom(state: seed + 1000)
        for _ in 0..<500 {
            let fixture = Safetensors.small()
            var header = Array(fixture.header.text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<header.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: header[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: header[position] = UInt8.random(in: 0...255, using: &random)
                case 2: header.remove(at: position)
                case 3: header.insert(UInt8.random(in: 0...255, using: &random), at: position)
                default:
                    let end = min(header.count, position + Int.random(in: 1...40, using: &random))
                    header.insert(
                        contentsOf: header[position..<end],
                        at: Int.random(in: 0...header.count, using: &random))
                }
            }
            verify(Safetensors.file(header: header, data: fixture.data))
        }
    }

    @Test func ofChangedContentsButRightChecksumIsCheckedForItsValues() {
        var random = TestRandom(state: 77)
        for _ in 0..<4000 {
            var fixture = Safetensors.small()
            let index = Int.random(in: 0..<fixture.tensors.count, using: &random)
            let position = Int.random(in: 0..<fixture.tensors[index].bytes.count, using: &random)
            fixture.tensors[index].bytes[position] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            verify(fixture.bytes)
        }
    }

    @Test func cutAnywhereIsRefused() {
        let bytes = Safetensors.small().bytes
        for count in 0..<bytes.count {
            #expect(verify(Array(bytes[..<count])))
        }
    }

    /// Loads the file; true if it is refused. Whatever is accepted must hold together.
    @discardableResult
    private func verify(_ bytes: [UInt8]) -> Bool {
        do throws(AnatomyNetError) {
            let file = try loadSmallNetwork(bytes)
            let size = file.tensors.reduce(0) { $0 + $1.shape.reduce($1.type.size, *) }
            let headerSize = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect(size == bytes.count - 8 - headerSize)
            for tensor in file.tensors where tensor.type != .int64 {
                #expect(try file.array(tensor.name).allSatisfy(\.isFinite))
            }
            #expect(try file.array("bn1.running_var").allSatisfy { $0 >= 0 })
            #expect(file.fingerprint == sha256(bytes))
            return false
        } catch {
            #expect(Self.kinds.contains(error.kind))
            #expect(!error.message.isEmpty && error.message.utf8.count < 1000)
            return true
        }
    }

    private static let kinds: [AnatomyNetError.Kind] = [
        .container, .metadata, .tensor, .weightValue, .checksum, .unsupported,
    ]

    private static let numbers = [
        "0", "1", "2", "-1", "-0", "8", "16", "54", "1.5", "1e3", "1E-2", "4294967296", "9007199254740992",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "1e400",
        "123456789012345678901234567890",
    ]

    private func mutated(_ node: JSONNode, _ random: inout TestRandom) -> JSONNode {
        if Int.random(in: 0..<12, using: &random) == 0 { return replacement(&random) }
        switch node {
        case .object(var members):
            guard !members.isEmpty else { return replacement(&random) }
            let index = Int.random(in: 0..<members.count, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: members.remove(at: index)
            case 1: members.append(members[index])
            case 2: members.swapAt(index, Int.random(in: 0..<members.count, using: &random))
            case 3: members[index].key = mutatedText(members[index].key, &random)
            case 4: members.insert((members[index].key, replacement(&random)), at: index)
            case 5:
                let other = Int.random(in: 0..<members.count, using: &random)
                let value = members[index].value
                members[index].value = members[other].value
                members[other].value = value
            default: members[index].value = mutated(members[index].value, &random)
            }
            return .object(members)
        case .array(var items):
            guard !items.isEmpty else { return .array([replacement(&random)]) }
            let index = Int.random(in: 0..<items.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: items.remove(at: index)
            case 1: items.append(items[index])
            case 2: items.reverse()
            default: items[index] = mutated(items[index], &random)
            }
            return .array(items)
        case .string(let text): return .string(mutatedText(text, &random))
        case .raw(let text):
            guard let number = Int(text), Bool.random(using: &random) else {
                return .raw(Self.numbers.randomElement(using: &random) ?? "0")
            }
            return .raw("\(number &+ Int.random(in: -8...8, using: &random))")
        }
    }

    private func replacement(_ random: inout TestRandom) -> JSONNode {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .object([])
        case 1: .array([])
        case 2: .string("")
        case 3: .raw("null")
        case 4: .raw("true")
        case 5: .array([.array([.object([("a", .array([]))])])])
        case 6:
            .object([
                ("dtype", .string("F32")), ("shape", .array([])),
                ("data_offsets", .array([.raw("0"), .raw("4")])),
            ])
        default: .raw(Self.numbers.randomElement(using: &random) ?? "0")
        }
    }

    private func mutatedText(_ text: String, _ random: inout TestRandom) -> String {
        switch Int.random(in: 0..<7, using: &random) {
        case 0: ""
        case 1: text + "\u{0}"
        case 2: text + "\u{1F600}"
        case 3: String(text.dropLast())
        case 4:
            ["F16", "BF16", "I64", "F64", "dtype", "shape", "__metadata__", "none"].randomElement(
                using: &random) ?? ""
        case 5: String(repeating: text, count: Int.random(in: 2...40, using: &random))
        default: String(text.reversed())
        }
    }
}
