import Foundation
import Testing

@testable import AnatomyNet

/// An input and the probabilities that an independent PyTorch implementation computes for it.
struct ReferencePair {
    let depth: Int
    let height: Int
    let width: Int
    let input: [Float]
    /// [class][z][y][x]
    let probabilities: [Float]

    static let classCount = 10

    init(_ name: String, probabilities key: String = "probabilities") throws {
        let file = try WeightFile.read(path: Self.path(name))
        let shape = try #require(file.tensor("input")?.shape)
        (depth, height, width) = (shape[0], shape[1], shape[2])
        input = try file.floats("input").withElements(Array.init)
        probabilities = try file.floats(key).withElements(Array.init)
    }

    var voxels: Int { depth * height * width }

    /// The most probable class of each voxel.
    var labels: [UInt8] {
        (0..<voxels).map { voxel in
            var best = 0
            for label in 1..<Self.classCount
            where probabilities[label * voxels + voxel] > probabilities[best * voxels + voxel] {
                best = label
            }
            return UInt8(best)
        }
    }

    static func path(_ name: String) throws -> String {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "Fixtures"))
        return url.path
    }

    /// The model of a weight file that also states these `anatomynet.` keys.
    static func model(_ name: String, stating metadata: [(key: String, value: String)]) throws -> Model {
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path(name))))
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let entries = metadata.map { ("anatomynet." + $0.key, JSONNode.string($0.value)) }
        let stated = JSONNode.object(entries).text
        let header = Array(#"{"__metadata__":\#(stated),"#.utf8) + bytes[9..<8 + length]
        return try Model(readWeights(Safetensors.file(header: header, data: Array(bytes[(8 + length)...]))))
    }

    static func model(
        _ name: String, overrides: ModelOverrides = ModelOverrides(),
        instructionSet: Model.InstructionSet? = nil, keepsMemory: Bool = false
    ) throws -> Model {
        try Model(
            WeightFile.read(path: path(name)), overrides: overrides, instructionSet: instructionSet,
            keepsMemory: keepsMemory)
    }
}

/// A segmentation's result, as arrays.
struct Segmentation {
    var labels: [UInt8]
    /// [class][z][y][x]
    var probabilities: [Float]

    init(
        _ model: Model, _ voxels: [Float], depth: Int, height: Int, width: Int,
        direction: Direction = .identity, options: SegmentationOptions = SegmentationOptions()
    ) throws {
        let count = depth * height * width
        var labels = [UInt8](repeating: 255, count: count)
        var probabilities = [Float](repeating: -1, count: count * model.classNames.count)
        try voxels.withUnsafeBytes { bytes in
            let volume = try Volume(
                voxels: bytes.baseAddress!, voxelBytes: UInt64(bytes.count), voxelType: .float32,
                geometry: Geometry(dimensions: SIMD3(width, height, depth), direction: direction))
            try labels.withUnsafeMutableBufferPointer { labels in
                try probabilities.withUnsafeMutableBufferPointer { probabilities in
                    _ = try Segmenter(model).segment(
                        volume, options: options, labels: labels,
                        probabilities: ProbabilityRequest(
                            classes: Array(0..<model.classNames.count), values: probabilities))
                }
            }
        }
        self.labels = labels
        self.probabilities = probabilities
    }
    /// The labels of a call that wants nothing else.
    static func labels(
        _ model: Model, _ voxels: [Float], depth: Int, height: Int, width: Int,
        direction: Direction = .identity, options: SegmentationOptions = SegmentationOptions()
    ) throws -> [UInt8] {
        var labels = [UInt8](repeating: 255, count: voxels.count)
        try voxels.withUnsafeBytes { bytes in
            let volume = try Volume(
                voxels: bytes.baseAddress!, voxelBytes: UInt64(bytes.count), voxelType: .float32,
                geometry: Geometry(dimensions: SIMD3(width, height, depth), direction: direction))
            try labels.withUnsafeMutableBufferPointer {
                _ = try Segmenter(model).segment(volume, options: options, labels: $0)
            }
        }
        return labels
    }
}
