import Glibc
import Testing

@testable import AnatomyNet

@Suite struct FeatureMapStorageTests {
    private static func segmentation(
        _ pair: ReferencePair, storage: FeatureMapStorage, instructionSet: Model.InstructionSet?,
        batchNorm: BatchNormStatistics = .running, threads: Int = 0
    ) throws -> Segmentation {
        var overrides = ModelOverrides()
        overrides.batchNorm = batchNorm
        let model = try ReferencePair.model(
            "AnatomyNet", overrides: overrides, instructionSet: instructionSet)
        var options = SegmentationOptions()
        options.featureMapStorage = storage
        options.threads = threads
        return try Segmentation(
            model, pair.input, depth: pair.depth, height: pair.height, width: pair.width, options: options)
    }

    /// A bfloat16 has 8 bits of significand: a stored value is off by up to 2⁻⁹ of itself, rms 2⁻⁹/√3, and
    /// the errors of some 25 maps in sequence add up to √25 of that, 0.6 % of the values' spread. Three
    /// times as much is allowed; and three times that where statistics are the volume's own, since maps are
    /// then rounded twice, the first time before their mean, larger than their spread, is taken off.
    @Test(arguments: Model.InstructionSet.ofThisMachine, [BatchNormStatistics.running, .volume])
    func bfloat16GivesNearlyTheSameScores(
        on instructionSet: Model.InstructionSet, _ batchNorm: BatchNormStatistics
    ) throws {
        let pair = try ReferencePair("AnatomyNet.odd")
        let exact = try Self.segmentation(
            pair, storage: .float32, instructionSet: instructionSet, batchNorm: batchNorm
        ).probabilities.map { log(Double($0)) }
        let rounded = try Self.segmentation(
            pair, storage: .bfloat16, instructionSet: instructionSet, batchNorm: batchNorm
        ).probabilities.map { log(Double($0)) }
        let count = Double(exact.count)
        let mean = exact.reduce(0, +) / count
        let variance = exact.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let error = zip(exact, rounded).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / count
        let relative = (error / variance).squareRoot()
        #expect(relative < (batchNorm == .running ? 0.018 : 0.054))
        #expect(relative > 0.0005, "nothing was rounded")
    }

    @Test func bfloat16GivesTheSameBitsForAnyNumberOfThreads() throws {
        let pair = try ReferencePair("AnatomyNet.case1")
        let one = try Self.segmentation(pair, storage: .bfloat16, instructionSet: nil, threads: 1)
        for threads in [2, 3, 7] {
            let several = try Self.segmentation(
                pair, storage: .bfloat16, instructionSet: nil, threads: threads)
            #expect(several.labels == one.labels)
            #expect(several.probabilities == one.probabilities)
        }
    }

    @Test func bfloat16NeedsLittleMoreThanHalfTheMemory() throws {
        let segmenter = Segmenter(try ReferencePair.model("AnatomyNet"))
        let geometry = Geometry(dimensions: SIMD3(225, 302, 178))
        var options = SegmentationOptions()
        options.threads = 2
        let exact = try segmenter.estimateMemory(geometry, options: options)
        options.featureMapStorage = .bfloat16
        let rounded = try segmenter.estimateMemory(geometry, options: options)
        #expect(Double(rounded) < 0.6 * Double(exact))
    }
}
