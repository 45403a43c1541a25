import Foundation
import Testing

@testable import AnatomyNet

@Suite("docs/weight-format.md")
struct WeightFormatDocumentTests {
    private static func document() throws -> String {
        let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent()
        }
        return try String(contentsOf: root.appendingPathComponent("docs/weight-format.md"), encoding: .utf8)
    }

    @Test func describesEveryMetadataKeyAndLimit() throws {
        let document = try Self.document()
        for key in MetadataKey.allCases {
            let name = key.rawValue.dropFirst(MetadataKey.prefix.count)
            #expect(document.contains("`\(name)`"), "\(name)")
        }
        #expect(WeightFile.Limits.header == 1_048_576 && document.contains("(1,048,576 bytes)"))
        #expect(WeightFile.Limits.data == 536_870_912 && document.contains("(536,870,912 bytes)"))
        #expect(
            document.contains("| \(WeightFile.Limits.tensors); \(WeightFile.Limits.rank) |"))
        #expect(document.contains("| metadata entries | \(WeightFile.Limits.metadataEntries) |"))
        #expect(document.contains("| a key, a tensor's name | \(JSONLimits.key) bytes |"))
        #expect(document.contains("| a metadata value | \(JSONLimits.string) bytes |"))
        #expect(document.contains("| nesting of the JSON | \(JSONLimits.depth) |"))
    }

    @Test(.enabled("needs Python with NumPy") { try Self.run(["python3", "-c", "import numpy"]) == 0 })
    func hasAnExampleWhoseFileLoads() throws {
        let parts = try Self.document().components(separatedBy: "```python\n")
        #expect(parts.count == 2)
        let example = parts[1].components(separatedBy: "```")[0]
        try withTemporaryDirectory { directory in
            try Data(example.utf8).write(to: URL(fileURLWithPath: directory + "/example.py"))
            #expect(try Self.run(["python3", directory + "/example.py", directory + "/weights"]) == 0)
            let file = try WeightFile.read(path: directory + "/weights")
            let description = try ModelDescription(metadata: file.metadata)
            #expect(description.statedClassNames == ["background", "Mandible"])
            #expect(description.intensity == .window(lower: -1000, upper: 1500))
            #expect(description.spacing == .fixed([0.76, 0.76, 1.25]))
            #expect(file.metadata.contains { $0.key == "institute" && $0.value == "für Prüfzwecke" })
            #expect(file.tensor("bn1.num_batches_tracked")?.shape == [])
            #expect(try file.array("conv1.weight").first == -1)
            #expect(try file.array("conv1.weight").last == 1)
            #expect(try file.array("bn1.weight") == [1, 1])
        }
    }

    private static func run(_ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
