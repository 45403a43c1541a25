import Testing

@testable import AnatomyNet

@Suite struct KeptMemoryTests {
    private let runner = Runner(workers: 2, progress: nil)

    private func memory(_ bytes: Int) throws -> WorkspaceMemory { try WorkspaceMemory(count: bytes) }

    @Test func whatIsLargeEnoughIsUsedAgainByOneCallAtATime() throws {
        let kept = KeptMemory(keepsPages: true)
        #expect(kept.take(1) == nil)
        let memory = try memory(3000)
        kept.giveBack(memory, runner: runner)
        #expect(kept.take(2000) === memory)
        #expect(kept.take(2000) == nil)
    }

    @Test func theLargestStays() throws {
        let kept = KeptMemory(keepsPages: true)
        let large = try memory(5000)
        kept.giveBack(large, runner: runner)
        kept.giveBack(try memory(1000), runner: runner)
        #expect(kept.take(1) === large)
    }

    @Test func whatIsTooSmallIsReleased() throws {
        let kept = KeptMemory(keepsPages: true)
        weak var small: WorkspaceMemory?
        do {
            let memory = try memory(1000)
            small = memory
            kept.giveBack(memory, runner: runner)
        }
        #expect(small != nil)
        #expect(kept.take(5000) == nil)
        #expect(small == nil)
    }

    @Test func withoutPagesMemoryIsReleased() throws {
        let kept = KeptMemory(keepsPages: false)
        kept.giveBack(try memory(3000), runner: runner)
        #expect(kept.take(1) == nil)
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
