import Testing

@testable import AnatomyNet

@Suite struct SegmenterTests {
    /// Deterministic numbers in 0 ..< 1.
    static func noise(_ count: Int, seed: UInt64 = 1) -> [Float] {
        var random = TestRandom(state: seed)
        return (0..<count).map { _ in Float.random(in: 0..<1, using: &random) }
    }

    /// 48 planes of 30 x 37 give every kernel at least three work items for each of seven threads at
    /// full resolution.
    @Test(arguments: [BatchNormStatistics.running, .volume])
    func resultsAreTheSameBitsForAnyNumberOfThreads(_ batchNorm: BatchNormStatistics) throws {
        var overrides = ModelOverrides()
        overrides.batchNorm = batchNorm
        let model = try ReferencePair.model("AnatomyNet", overrides: overrides)
        let voxels = Self.noise(48 * 30 * 37)
        var results: [Segmentation] = []
        for threads in [1, 2, 3, 7] {
            var options = SegmentationOptions()
            options.threads = threads
            results.append(
                try Segmentation(model, voxels, depth: 48, height: 30, width: 37, options: options))
        }
        for result in results.dropFirst() {
            #expect(result.labels == results[0].labels)
            #expect(
                result.probabilities.elementsEqual(results[0].probabilities) {
                    $0.bitPattern == $1.bitPattern
                })
        }
    }

    /// Where nothing but labels is wanted, no scores are stored at all.
    @Test(
        arguments: [
            Direction.identity, Direction(x: [-1, 0, 0], y: [0, -1, 0], z: [0, 0, -1]),
            Direction(x: [0, 1, 0], y: [0, 0, -1], z: [1, 0, 0]),
            Direction(x: [0, 0, 1], y: [-1, 0, 0], z: [0, -1, 0]),
        ], [Model.InstructionSet.portable, nil])
    func labelsAreTheSameWhetherProbabilitiesAreWantedOrNot(
        _ direction: Direction, _ instructionSet: Model.InstructionSet?
    ) throws {
        let model = try ReferencePair.model("AnatomyNet", instructionSet: instructionSet)
        let (depth, height, width) = (21, 19, 23)
        let voxels = Self.noise(depth * height * width)
        let regions = [
            nil, Region(first: SIMD3(3, 0, 5), dimensions: SIMD3(17, 18, 11)),
            Region(first: SIMD3(22, 18, 20), dimensions: SIMD3(1, 1, 1)),
        ]
        for region in regions {
            for threads in [1, 3] {
                var options = SegmentationOptions()
                options.region = region
                options.threads = threads
                let both = try Segmentation(
                    model, voxels, depth: depth, height: height, width: width, direction: direction,
                    options: options)
                let labels = try Segmentation.labels(
                    model, voxels, depth: depth, height: height, width: width, direction: direction,
                    options: options)
                #expect(labels == both.labels)
                #expect(region?.dimensions == SIMD3(1, 1, 1) || Set(labels).count > 3, "labels that differ")
            }
        }
    }

    @Test(arguments: [(1, 1, 1), (1, 2, 3), (2, 1, 9), (5, 1, 1), (3, 17, 1), (9, 8, 7)])
    func everySizeFromOneVoxelUpIsSegmented(size: (Int, Int, Int)) throws {
        let model = try ReferencePair.model("AnatomyNet")
        let (depth, height, width) = size
        let count = depth * height * width
        let result = try Segmentation(model, Self.noise(count), depth: depth, height: height, width: width)
        for voxel in 0..<count {
            let sum = (0..<10).reduce(Float(0)) { $0 + result.probabilities[$1 * count + voxel] }
            #expect(abs(sum - 1) < 1e-5)
            #expect(result.labels[voxel] < 10)
        }
    }

    @Test func cancellingLeavesTheLabelsUnchanged() throws {
        let model = try ReferencePair.model("AnatomyNet")
        let voxels = Self.noise(40 * 40 * 40)
        for wanted in [0.0, 0.5, 1.0] {
            var labels = [UInt8](repeating: 77, count: voxels.count)
            var options = SegmentationOptions()
            var fractions: [Double] = []
            options.progress = { fraction in
                fractions.append(fraction)
                return fraction < wanted
            }
            let error = #expect(throws: AnatomyNetError.self) {
                try voxels.withUnsafeBytes { bytes in
                    let volume = try Volume(
                        voxels: bytes.baseAddress!, voxelBytes: UInt64(bytes.count), voxelType: .float32,
                        geometry: Geometry(dimensions: SIMD3(40, 40, 40)))
                    try labels.withUnsafeMutableBufferPointer {
                        _ = try Segmenter(model).segment(volume, options: options, labels: $0)
                    }
                }
            }
            #expect(error?.kind == .cancelled)
            #expect(labels.allSatisfy { $0 == 77 })
            #expect(fractions == fractions.sorted())
        }
    }

    @Test func theMemoryLimitIsCheckedBeforeWorkStarts() throws {
        let model = try ReferencePair.model("AnatomyNet")
        let voxels = Self.noise(16 * 16 * 16)
        let geometry = Geometry(dimensions: SIMD3(16, 16, 16))
        var options = SegmentationOptions()
        options.threads = 1
        let needed = try Segmenter(model).estimateMemory(geometry, options: options)
        options.memoryLimit = needed
        _ = try Segmentation(model, voxels, depth: 16, height: 16, width: 16, options: options)
        options.memoryLimit = needed - 1
        options.progress = { _ in
            Issue.record("work started")
            return true
        }
        let error = #expect(throws: AnatomyNetError.self) {
            _ = try Segmentation(model, voxels, depth: 16, height: 16, width: 16, options: options)
        }
        #expect(error?.kind == .memoryLimit)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func theFirstVoxelThatIsNotFiniteIsNamed(value: Float) throws {
        let model = try ReferencePair.model("AnatomyNet")
        var voxels = Self.noise(6 * 7 * 8)
        voxels[(4 * 7 + 3) * 8 + 2] = value
        voxels[(5 * 7 + 6) * 8 + 7] = value
        let error = #expect(throws: AnatomyNetError.self) {
            _ = try Segmentation(model, voxels, depth: 6, height: 7, width: 8)
        }
        #expect(error?.kind == .nonfiniteVoxel)
        #expect(error?.message.contains("(2, 3, 4)") == true)
    }

    /// Whether labels alone are wanted, probabilities, or measurements.
    @Test(arguments: [Model.InstructionSet.portable, nil], [FeatureMapStorage.float32, .bfloat16])
    func scoresThatOverflowAreAnErrorInsteadOfBackground(
        _ instructionSet: Model.InstructionSet?, _ storage: FeatureMapStorage
    ) throws {
        let model = try ReferencePair.model("AnatomyNet", instructionSet: instructionSet)
        var voxels = Self.noise(4 * 6 * 8)
        voxels[100] = 3.4e38
        var options = SegmentationOptions()
        options.featureMapStorage = storage
        let ofLabels = #expect(throws: AnatomyNetError.self) {
            try Segmentation.labels(model, voxels, depth: 4, height: 6, width: 8, options: options)
        }
        #expect(ofLabels?.kind == .nonfiniteScore)
        let ofProbabilities = #expect(throws: AnatomyNetError.self) {
            try Segmentation(model, voxels, depth: 4, height: 6, width: 8, options: options)
        }
        #expect(ofProbabilities?.kind == .nonfiniteScore)
        let ofMeasurements = #expect(throws: AnatomyNetError.self) {
            var labels = [UInt8](repeating: 255, count: voxels.count)
            try voxels.withUnsafeBytes { bytes in
                let volume = try Volume(
                    voxels: bytes.baseAddress!, voxelBytes: UInt64(bytes.count), voxelType: .float32,
                    geometry: Geometry(dimensions: SIMD3(8, 6, 4)))
                try labels.withUnsafeMutableBufferPointer {
                    _ = try Segmenter(model).segment(volume, options: options, labels: $0, measures: true)
                }
            }
        }
        #expect(ofMeasurements?.kind == .nonfiniteScore)
    }

    @Test func aNegativeStrideReadsTheSameVoxelsBackwards() throws {
        let model = try ReferencePair.model("AnatomyNet")
        let (depth, height, width) = (9, 10, 11)
        let voxels = Self.noise(depth * height * width)
        let straight = try Segmentation(model, voxels, depth: depth, height: height, width: width)
        let reversed = [Float](voxels.reversed())
        var labels = [UInt8](repeating: 0, count: voxels.count)
        try reversed.withUnsafeBytes { bytes in
            let volume = try Volume(
                voxels: bytes.baseAddress! + 4 * (voxels.count - 1), voxelBytes: UInt64(bytes.count),
                voxelType: .float32, strides: SIMD3(-4, -4 * width, -4 * width * height),
                geometry: Geometry(dimensions: SIMD3(width, height, depth)))
            try labels.withUnsafeMutableBufferPointer { _ = try Segmenter(model).segment(volume, labels: $0) }
        }
        #expect(labels == straight.labels)
    }

    @Test func integersWithRescaleAreTheSameAsTheirHU() throws {
        var overrides = ModelOverrides()
        overrides.intensity = .window(lower: -1000, upper: 1500)
        let model = try ReferencePair.model("AnatomyNet", overrides: overrides)
        let stored = Self.noise(8 * 8 * 8).map { UInt16($0 * 4000) }
        let units = stored.map { Float($0) * 0.5 - 900 }
        let expected = try Segmentation(model, units, depth: 8, height: 8, width: 8)
        var labels = [UInt8](repeating: 0, count: stored.count)
        try stored.withUnsafeBytes { bytes in
            let volume = try Volume(
                voxels: bytes.baseAddress!, voxelBytes: UInt64(bytes.count), voxelType: .uint16,
                rescaleSlope: 0.5, rescaleIntercept: -900, geometry: Geometry(dimensions: SIMD3(8, 8, 8)))
            try labels.withUnsafeMutableBufferPointer { _ = try Segmenter(model).segment(volume, labels: $0) }
        }
        #expect(labels == expected.labels)
    }
}
