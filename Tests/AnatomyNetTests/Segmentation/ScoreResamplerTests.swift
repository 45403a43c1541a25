import Testing

@testable import AnatomyNet

/// Scores that are linear in the patient's coordinates, so that interpolating them linearly is exact:
/// class 1 wins on the patient's left, class 2 behind, class 3 above, each by another amount, class 0
/// near the middle on the other side.
private func score(_ label: Int, _ position: SIMD3<Double>) -> Double {
    let offset = position - SIMD3(-33.1, 18.3, 113.7)
    switch label {
    case 0: return 3
    case 1: return offset.x
    case 2: return 1.3 * offset.y - 0.1 * offset.x
    default: return 0.6 * offset.z + 0.2 * offset.y
    }
}

/// What a perfect interpolation gives at a point, and by how much the winner leads.
private func winner(_ position: SIMD3<Double>) -> (label: UInt8, lead: Double) {
    let scores = (0..<4).map { score($0, position) }
    let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    let second = scores.indices.filter { $0 != best }.map { scores[$0] }.max() ?? 0
    return (UInt8(best), scores[best] - second)
}

private func labelled(_ grid: NetworkGrid, workers: Int, slab: Int = 8) throws -> TestResampler {
    let runner = Runner(workers: workers, progress: nil)
    let result = try TestResampler(grid: grid, classCount: 4, workers: runner.workers)
    try feed(result.resampler, classCount: 4, grid: grid, slab: slab, runner: runner) { label, index in
        Float(score(label, grid.geometry.position(of: index.position)!))
    }
    return result
}

@Suite struct ScoreResamplerTests {
    @Test(arguments: [
        (0.0, SIMD3(1.5, 2.25, 3.0)), (0.0, SIMD3(0.8, 2.25, 1.9)), (0.0, SIMD3(2.1, 3.5, 4.5)),
        (8.0, SIMD3(1.5, 2, 3)),
        (35.0, SIMD3(1, 1, 1)), (15.0, SIMD3(2, 3, 4)),
    ])
    func labelsLieWhereThePatientIs(degrees: Double, spacing: SIMD3<Double>) throws {
        for direction in axisAlignedDirections {
            var caller = reoriented(asymmetric, to: direction).geometry
            caller.direction = caller.direction.turned(degrees: degrees, about: [0.3, -0.5, 0.7])
            for model in degrees == 0 ? ["LPS", "ASR"] : ["ASR"] {
                let grid = try NetworkGrid(
                    caller: caller,
                    requirements: GridRequirements(
                        orientation: Orientation(model)!, spacing: spacing, paddingMultiple: 8))
                let labels = try labelled(grid, workers: 2, slab: 4).labels
                var seen = Set<UInt8>()
                var checked = 0
                for (place, label) in labels.enumerated() {
                    let size = caller.dimensions
                    let index = SIMD3(place % size.x, place / size.x % size.y, place / size.x / size.y)
                    let position = caller.position(of: index.position)!
                    // Beyond the outermost centres of the network's grid scores do not grow.
                    let offset =
                        grid.geometry.direction.inverse.rotated(position - grid.geometry.origin)
                        / grid.geometry.spacing!
                    let isInside = (0..<3).allSatisfy {
                        offset[$0] >= 0 && offset[$0] <= Double(grid.geometry.dimensions[$0] - 1)
                    }
                    let wanted = winner(position)
                    guard isInside, wanted.lead > 1e-3 else { continue }
                    checked += 1
                    seen.insert(label)
                    #expect(label == wanted.label, "at \(position), index \(index)")
                }
                #expect(seen == [0, 1, 2, 3])
                #expect(checked > asymmetric.voxelCount / 3)
            }
        }
    }

    @Test func withoutResamplingEveryVoxelKeepsItsOwnScores() throws {
        for classCount in [2, 8, 10, 21] {
            for direction in axisAlignedDirections {
                let caller = reoriented(asymmetric, to: direction)
                let grid = try NetworkGrid(
                    caller: caller.geometry,
                    requirements: GridRequirements(orientation: .lps, paddingMultiple: 8))
                let runner = Runner(workers: 2, progress: nil)
                let result = try TestResampler(grid: grid, classCount: classCount, workers: runner.workers)
                func noise(_ label: Int, _ index: SIMD3<Int>) -> Float {
                    var random = TestRandom(
                        state: UInt64(label + 100 * (index.x + 100 * (index.y + 100 * index.z))))
                    return .random(in: -4...4, using: &random)
                }
                try feed(
                    result.resampler, classCount: classCount, grid: grid, runner: runner, score: noise)
                let labels = result.labels
                let size = caller.geometry.dimensions
                for k in 0..<9 {
                    for j in 0..<7 {
                        for i in 0..<11 {
                            let scores = (0..<classCount).map { noise($0, [i, j, k]) }
                            let own = caller.index([i, j, k])
                            let label = labels[(own.z * size.y + own.y) * size.x + own.x]
                            #expect(scores[Int(label)] == scores.max())
                        }
                    }
                }
            }
        }
    }

    @Test(arguments: [0.0, 12]) func resultIsTheSameToTheLastBitForAnyThreadsAndSlabs(degrees: Double) throws
    {
        var caller = asymmetric
        caller.dimensions = [37, 29, 31]
        caller.direction = caller.direction.turned(degrees: degrees, about: [1, 2, -0.5])
        let grid = try NetworkGrid(
            caller: caller,
            requirements: GridRequirements(
                orientation: Orientation("LSP")!, spacing: [2, 2, 2], paddingMultiple: 8))
        func run(_ workers: Int, _ slab: Int) throws -> (
            labels: [UInt8], probabilities: [Float], confidences: [Double?]
        ) {
            let runner = Runner(workers: workers, progress: nil)
            let probabilities = try Buffer<Float>(count: 10 * caller.voxelCount, purpose: "probabilities")
            let result = try TestResampler(
                grid: grid, classCount: 10, confidences: true,
                probabilities: (0..<10).map {
                    .init(label: 9 - $0, destination: probabilities.pointer + $0 * caller.voxelCount)
                }, workers: runner.workers)
            try feed(result.resampler, classCount: 10, grid: grid, slab: slab, runner: runner) {
                label, index in
                var random = TestRandom(state: UInt64(label + 64 * (index.x + 64 * (index.y + 64 * index.z))))
                return .random(in: -4...4, using: &random)
            }
            return (result.labels, probabilities.array, result.resampler.meanConfidences)
        }
        let reference = try run(1, 64)
        for (workers, slab) in [(1, 8), (2, 8), (3, 1), (4, 5)] {
            let other = try run(workers, slab)
            #expect(other.labels == reference.labels)
            #expect(other.probabilities == reference.probabilities)
            #expect(other.confidences == reference.confidences)
        }
        let voxels = caller.voxelCount
        for label in 0..<10 {
            let own = (0..<voxels).filter { reference.labels[$0] == UInt8(label) }
            let sum = own.map { Double(reference.probabilities[(9 - label) * voxels + $0]) }.reduce(0, +)
            let confidence = try #require(reference.confidences[label])
            #expect(abs(confidence - sum / Double(own.count)) < 1e-7)
        }
        for voxel in 0..<voxels {
            let own = (0..<10).map { reference.probabilities[(9 - $0) * voxels + voxel] }
            #expect(abs(own.reduce(0, +) - 1) < 1e-5)
            #expect(own[Int(reference.labels[voxel])] == own.max())
        }
    }

    @Test(arguments: [nil, SIMD3(2, 2, 2)] as [SIMD3<Double>?]) func labelsOutsideTheRegionAreBackground(
        spacing: SIMD3<Double>?
    ) throws {
        var inside = 0
        for direction in axisAlignedDirections {
            for degrees in [0.0, 10] {
                var caller = reoriented(asymmetric, to: direction).geometry
                caller.direction = caller.direction.turned(degrees: degrees, about: [1, 2, -0.5])
                let model = GridRequirements(
                    orientation: Orientation("LPI")!, spacing: spacing, paddingMultiple: 8)
                let whole = try labelled(NetworkGrid(caller: caller, requirements: model), workers: 2).labels
                let region = Region(first: [1, 2, 3], dimensions: [4, 4, 3])
                let grid = try NetworkGrid(caller: caller, requirements: model, region: region)
                let runner = Runner(workers: 2, progress: nil)
                let probabilities = try Buffer<Float>(count: caller.voxelCount, purpose: "probabilities")
                let result = try TestResampler(
                    grid: grid, classCount: 4,
                    probabilities: [.init(label: 0, destination: probabilities.pointer)],
                    workers: runner.workers)
                try feed(result.resampler, classCount: 4, grid: grid, runner: runner) { label, index in
                    Float(score(label, grid.geometry.position(of: index.position)!))
                }
                let labels = result.labels
                let size = caller.dimensions
                for place in labels.indices {
                    let index = SIMD3(place % size.x, place / size.x % size.y, place / size.x / size.y)
                    if all(index .>= region.first) && all(index .< region.first &+ region.dimensions) {
                        #expect(labels[place] == whole[place])
                        inside += labels[place] == 0 ? 0 : 1
                    } else {
                        #expect(labels[place] == 0)
                        #expect(probabilities[place] == 1)
                    }
                }
            }
        }
        #expect(inside > 0)
    }
}
