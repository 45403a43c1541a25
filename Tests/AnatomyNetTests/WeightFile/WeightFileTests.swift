import CYajl
import Foundation
import Glibc
import Testing

@testable import AnatomyNet

@Suite("A weight file")
struct WeightFileTests {
    @Test func givesItsMetadataInOrderAndItsTensors() throws {
        let file = try readWeights(Safetensors.small().bytes)
        #expect(
            file.metadata.map(\.key) == [
                "anatomynet.format_version", "anatomynet.classes", "institute", "anatomynet.data_sha256",
            ])
        #expect(file.metadata[2].value == "für Prüfzwecke")
        #expect(file.tensors.count == 5)
        #expect(file.tensor("conv1.weight")?.shape == [2, 1, 3, 3, 3])
        #expect(file.tensor("bn1.num_batches_tracked")?.shape == [])
        #expect(file.tensor("bn1.num_batches_tracked")?.type == .int64)
        #expect(file.tensor("conv2.weight") == nil)
        #expect(try file.array("bn1.weight") == [1, 3])
        #expect(try file.floats("conv1.weight")[53] == Float(53) / 54 - 0.5)
    }

    @Test func hasTheSHA256OfAllItsBytesAsFingerprint() throws {
        #expect(
            sha256(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let bytes = Safetensors.small().bytes
        #expect(try readWeights(bytes).fingerprint == sha256(bytes))
    }

    @Test func mayBeAPlainStateDictWithPaddedHeaderAndUnalignedData() throws {
        var fixture = Safetensors.small()
        fixture.metadata = []
        fixture.statesDigest = false
        fixture.tensors.insert(.words("half", "F16", [0x3C00]), at: 1)
        for padding in 0..<9 {
            let header = Array(fixture.header.text.utf8) + [UInt8](repeating: 0x20, count: padding)
            let file = try readWeights(Safetensors.file(header: header, data: fixture.data))
            #expect(file.metadata.isEmpty)
            #expect(try file.array("bn1.running_var") == [1, 2])
            #expect(try file.array("half") == [1])
        }
    }

    @Test func convertsEveryFloat16Exactly() throws {
        let patterns = (UInt16.min...UInt16.max).filter { $0 & 0x7C00 != 0x7C00 }
        var fixture = Safetensors()
        fixture.tensors = [.words("w", "F16", patterns)]
        let floats = try readWeights(fixture.bytes).floats("w")
        var mismatches: [UInt16] = []
        for (index, pattern) in patterns.enumerated() {
            // IEEE 754 binary16: subnormals are multiples of 2^-24.
            let exponent = Int(pattern >> 10 & 31)
            let fraction = Double(pattern & 1023)
            let magnitude = exponent == 0 ? scalbn(fraction, -24) : scalbn(1024 + fraction, exponent - 25)
            let expected = Float(pattern >> 15 == 0 ? magnitude : -magnitude)
            if floats[index].bitPattern != expected.bitPattern { mismatches.append(pattern) }
        }
        #expect(mismatches == [])
    }

    @Test func convertsEveryBfloat16Exactly() throws {
        let patterns = (UInt16.min...UInt16.max).filter { $0 & 0x7F80 != 0x7F80 }
        var fixture = Safetensors()
        fixture.tensors = [.words("w", "BF16", patterns)]
        let floats = try readWeights(fixture.bytes).floats("w")
        var mismatches: [UInt16] = []
        for (index, pattern) in patterns.enumerated() {
            if floats[index].bitPattern != UInt32(pattern) << 16 { mismatches.append(pattern) }
        }
        #expect(mismatches == [])
    }

    @Test(arguments: [
        ("F16", UInt16(0x7C00)), ("F16", 0xFE00), ("BF16", 0x7F80), ("BF16", 0xFFC1),
    ])
    func refusesNonfiniteHalves(dtype: String, pattern: UInt16) throws {
        var fixture = Safetensors()
        fixture.tensors = [.words("layer.weight", dtype, [0, 0, pattern])]
        let file = try readWeights(fixture.bytes)
        let error = failure { () throws(AnatomyNetError) in _ = try file.floats("layer.weight") }
        #expect(error?.kind == .weightValue)
        #expect(error?.message.contains("element 2 of tensor 'layer.weight'") == true)
    }

    @Test func isReadFromAFileAsFromMemory() throws {
        let bytes = Safetensors.small().bytes
        try withTemporaryDirectory { directory in
            let path = directory + "/weights ü.safetensors"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let file = try WeightFile.read(path: path)
            #expect(file.fingerprint == sha256(bytes))
            #expect(try file.array("bn1.weight") == [1, 3])
        }
    }

    @Test func mustBeARegularFile() throws {
        try withTemporaryDirectory { directory in
            let fifo = directory + "/fifo"
            #expect(mkfifo(fifo, 0o600) == 0)
            let cases = [
                (directory, "a directory"), (fifo, "a FIFO"), ("/dev/zero", "a device"),
                (directory + "/none", "cannot be opened"), ("", "cannot be opened"),
                (String(repeating: "x", count: 100_000), "cannot be opened"),
            ]
            for (path, words) in cases {
                let error = failure { () throws(AnatomyNetError) in _ = try WeightFile.read(path: path) }
                #expect(error?.kind == .file)
                #expect(error?.message.contains(words) == true)
                #expect((error?.message.count ?? 0) < 300)
            }
        }
    }

    @Test func leavesNoDescriptorOpen() throws {
        let descriptors = { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        try withTemporaryDirectory { directory in
            let path = directory + "/weights"
            var bytes = Safetensors.small().bytes
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            bytes[20] ^= 1
            try Data(bytes).write(to: URL(fileURLWithPath: directory + "/damaged"))
            let before = try descriptors()
            for _ in 0..<64 {
                _ = try WeightFile.read(path: path)
                #expect(
                    failure { () throws(AnatomyNetError) in _ = try WeightFile.read(path: directory) } != nil)
                #expect(
                    failure { () throws(AnatomyNetError) in
                        _ = try WeightFile.read(path: directory + "/damaged")
                    }
                        != nil)
            }
            // Other tests run at the same time and hold files of their own.
            #expect(try descriptors() < before + 64)
        }
    }

    @Test func mayNotShrinkOrGrowWhileItIsRead() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/weights"
            for change in [-1, 1] {
                try Data(count: 1000).write(to: URL(fileURLWithPath: path))
                let source = try FileSource(path: path)
                #expect(truncate(path, 1000 + change) == 0)
                var bytes = [UInt8](repeating: 0, count: 1000)
                let error = failure { () throws(AnatomyNetError) in
                    let result = bytes.withUnsafeMutableBytes { bytes in
                        Result { () throws(AnatomyNetError) in
                            try source.read(at: 0, into: bytes)
                            try source.verifyUnchanged()
                        }
                    }
                    try result.get()
                }
                #expect(error?.kind == .file)
                #expect(error?.message.contains(change < 0 ? "ends at byte 999" : "grew beyond 1000") == true)
            }
        }
    }

    /// The proof is in YajlArena's comment; these headers are its worst cases.
    @Test(arguments: [
        #""\u0041"#, #""\n"#, #"{"\\"#, #"{"a":"\""#, #"[[[[["a"#, #"{"a":[[[["\t"#, "[1,1", "{\"é",
    ])
    func isParsedInTheMemorySetAside(start: String) throws {
        for length in [1, 100, 2040, 2047, 2048, 2049, 5000, 4095, 8192, 100_000, 1 << 20] {
            for end in ["", "\"", "\"}", "\"]"] {
                var text = Array(start.utf8)
                let unit = Array(start.utf8.suffix(2))
                while text.count < length { text += unit }
                text += Array(end.utf8)
                let arena = try YajlArena(textLength: text.count)
                text.withUnsafeBufferPointer { text in
                    var functions = arena.functions
                    let parser = yajl_alloc(nil, &functions, nil)
                    yajl_parse(parser, text.baseAddress, text.count)
                    yajl_complete_parse(parser)
                    yajl_free_error(parser, yajl_get_error(parser, 0, nil, 0))
                    yajl_free(parser)
                }
                // Beyond what the comment counts, the reserve of 7 KB must be left.
                #expect(arena.used <= YajlArena.capacity(textLength: text.count) - 7 * 1024)
            }
        }
    }
}

func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
}
