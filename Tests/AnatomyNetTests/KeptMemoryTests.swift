import Testing

@testable import AnatomyNet

@Suite struct KeptMemoryTests {
    @Test func whatIsLargeEnoughIsUsedAgain() throws {
        let kept = KeptMemory()
        let first = try kept.take(3000, purpose: "a test")
        kept.giveBack(first)
        let second = try kept.take(2000, purpose: "a test")
        #expect(second === first)
        #expect(try kept.take(2000, purpose: "a test") !== first, "two calls at once need memory each")
    }

    @Test func theLargestStays() throws {
        let kept = KeptMemory()
        let small = try kept.take(1000, purpose: "a test")
        let large = try kept.take(5000, purpose: "a test")
        kept.giveBack(large)
        kept.giveBack(small)
        #expect(try kept.take(1, purpose: "a test") === large)
    }

    @Test func whatIsTooSmallIsReleased() throws {
        let kept = KeptMemory()
        weak var small: Buffer<UInt8>?
        do {
            let memory = try kept.take(1000, purpose: "a test")
            small = memory
            kept.giveBack(memory)
        }
        #expect(small != nil)
        #expect(try kept.take(5000, purpose: "a test").count == 5000)
        #expect(small == nil)
    }

    /// Kept memory is full of the last call's maps, where fresh memory is zero.
    @Test(arguments: FeatureMapStorage.allCases, [BatchNormStatistics.running, .volume])
    func resultsDoNotDependOnWhatAnEarlierCallLeft(
        _ storage: FeatureMapStorage, _ batchNorm: BatchNormStatistics
    ) throws {
        var overrides = ModelOverrides()
        overrides.batchNorm = batchNorm
        let fresh = try ReferencePair.model("AnatomyNet", overrides: overrides)
        let keeping = try ReferencePair.model("AnatomyNet", overrides: overrides, keepsMemory: true)
        var options = SegmentationOptions()
        options.featureMapStorage = storage
        for (depth, height, width) in [(21, 40, 37), (9, 13, 10), (24, 38, 33)] {
            let voxels = SegmenterTests.noise(depth * height * width, seed: UInt64(depth))
            let wanted = try Segmentation(
                fresh, voxels, depth: depth, height: height, width: width, options: options)
            let found = try Segmentation(
                keeping, voxels, depth: depth, height: height, width: width, options: options)
            #expect(found.labels == wanted.labels)
            #expect(found.probabilities == wanted.probabilities)
        }
    }
}
