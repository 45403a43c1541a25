import AnatomyNetKernels

@testable import AnatomyNet

/// The 48 directions whose axes run along the patient's.
let axisAlignedDirections: [Direction] = {
    let permutations: [[Int]] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    return permutations.flatMap { permutation in
        (0..<8).map { signs in
            let columns = (0..<3).map { axis -> SIMD3<Double> in
                var column = SIMD3<Double>.zero
                column[permutation[axis]] = signs >> axis & 1 == 0 ? 1 : -1
                return column
            }
            return Direction(x: columns[0], y: columns[1], z: columns[2])
        }
    }
}()

extension Direction {
    /// This direction turned about an axis through the origin, by Rodrigues' formula.
    func turned(degrees: Double, about axis: SIMD3<Double>) -> Direction {
        let unit = axis / axis.length
        let angle = degrees * Double.pi / 180
        // Sine and cosine by halving an angle in which the first terms of the series are exact enough.
        var sine = angle / 1_048_576
        var versine = sine * sine / 2
        for _ in 0..<20 {
            (sine, versine) = (2 * sine * (1 - versine), 2 * sine * sine)
        }
        func turn(_ vector: SIMD3<Double>) -> SIMD3<Double> {
            vector * (1 - versine) + unit.cross(vector) * sine + unit * (unit.dot(vector) * versine)
        }
        return Direction(x: turn(x), y: turn(y), z: turn(z))
    }
}

/// A volume with memory of its own, its voxels computed from their place in the patient or index.
final class TestVolume<Voxel: BitwiseCopyable> {
    let geometry: Geometry
    let storage: Buffer<Voxel>

    init(_ geometry: Geometry, _ value: (SIMD3<Int>) -> Voxel) throws {
        self.geometry = geometry
        storage = try Buffer(count: geometry.voxelCount, purpose: "a test volume")
        let size = geometry.dimensions
        for k in 0..<size.z {
            for j in 0..<size.y {
                for i in 0..<size.x { storage[(k * size.y + j) * size.x + i] = value(SIMD3(i, j, k)) }
            }
        }
    }

    func view(slope: Double = 1, intercept: Double = 0) throws -> Volume {
        let type: Volume.VoxelType =
            Voxel.self == Float.self ? .float32 : Voxel.self == Int16.self ? .int16 : .uint16
        return try Volume(
            voxels: storage.pointer, voxelBytes: UInt64(storage.count * MemoryLayout<Voxel>.stride),
            voxelType: type, rescaleSlope: slope, rescaleIntercept: intercept, geometry: geometry)
    }
}

extension SIMD3<Int> {
    var position: SIMD3<Double> { SIMD3<Double>(self) }
}

/// The same voxels as `geometry` holds, stored along other axes: where they are then, and where
/// voxel (i, j, k) of `geometry` is found.
func reoriented(
    _ geometry: Geometry, to direction: Direction
) -> (geometry: Geometry, index: (SIMD3<Int>) -> SIMD3<Int>) {
    var dimensions = SIMD3<Int>.zero
    var spacing = SIMD3<Double>.zero
    var axes = SIMD3<Int>.zero
    var signs = SIMD3<Int>.zero
    for axis in 0..<3 {
        for own in 0..<3 {
            let cosine = direction.columns[axis].dot(geometry.direction.columns[own])
            if abs(cosine) < 0.5 { continue }
            (axes[axis], signs[axis]) = (own, cosine > 0 ? 1 : -1)
            dimensions[axis] = geometry.dimensions[own]
            spacing[axis] = geometry.spacing![own]
        }
    }
    var corner = SIMD3<Int>.zero
    for axis in 0..<3 where signs[axis] < 0 { corner[axes[axis]] = geometry.dimensions[axes[axis]] - 1 }
    let result = Geometry(
        dimensions: dimensions, spacing: spacing, origin: geometry.position(of: corner.position)!,
        direction: direction)
    return (
        result,
        { index in
            var found = SIMD3<Int>.zero
            for axis in 0..<3 {
                found[axis] = abs(index[axes[axis]] - corner[axes[axis]])
            }
            return found
        }
    )
}

/// A network's input image, as the engine lays it out.
final class TestImage {
    let dimensions: SIMD3<Int>
    let storage: Buffer<Float>
    private let table: Buffer<UnsafeMutablePointer<Float>?>
    private let rowStride: Int

    init(_ dimensions: SIMD3<Int>) throws {
        self.dimensions = dimensions
        rowStride = Int(ank_row_voxels(Int64(dimensions.x)))
        let plane = rowStride * dimensions.y + 16
        storage = try Buffer(count: plane * dimensions.z + 16, purpose: "a test image")
        // So that whatever is not written is noticed.
        storage.pointer.update(repeating: .nan, count: storage.count)
        table = try Buffer(count: dimensions.z + 2, purpose: "a test image")
        table.pointer.update(repeating: nil, count: table.count)
        for z in 0..<dimensions.z { table[z + 1] = storage.pointer + 16 + plane * z }
    }

    var block: ank_block {
        ank_block(
            planes: table.pointer + 1, row_stride: Int64(rowStride), lanes: 1, channels: 1,
            format: Int32(ANK_FLOAT32))
    }

    subscript(x: Int, y: Int, z: Int) -> Float { table[z + 1]![y * rowStride + x] }
}

/// Feeds a resampler the scores of a made-up network, in slabs whose storage is used again as the
/// engine's is.
func feed(
    _ resampler: ScoreResampler, classCount: Int, grid: NetworkGrid, slab: Int = 8, runner: Runner,
    score: (_ label: Int, _ index: SIMD3<Int>) -> Float
) throws {
    let padded = grid.paddedDimensions
    let layout = FeatureMapLayout(
        blocks: FeatureMapLayout.channelBlocks(classCount),
        grid: FeatureMapLayout.Grid(depth: padded.z, height: padded.y, width: padded.x), storedPlanes: slab)
    var storage: [Buffer<Float>] = []
    var tables: [Buffer<UnsafeMutablePointer<Float>?>] = []
    let blocks = try layout.blocks.enumerated().map { index, block in
        let data = try Buffer<Float>(count: layout.bytes(index) / 4, purpose: "test scores")
        let table = try Buffer<UnsafeMutablePointer<Float>?>(count: padded.z + 2, purpose: "test scores")
        table.pointer.update(repeating: nil, count: table.count)
        for z in 0..<padded.z {
            table[z + 1] = data.pointer + 16 + layout.planeBytes(index) / 4 * (z % layout.storedPlanes)
        }
        storage.append(data)
        tables.append(table)
        return ank_block(
            planes: table.pointer + 1, row_stride: Int64(layout.rowStride(index)), lanes: Int32(block.lanes),
            channels: Int32(block.channels), format: layout.storage.format)
    }
    for first in stride(from: 0, to: padded.z, by: slab) {
        let planes = first..<min(first + slab, padded.z)
        for data in storage { data.pointer.update(repeating: 0, count: data.count) }
        for label in 0..<classCount {
            let block = blocks[label / 16]
            for z in planes {
                for y in 0..<padded.y {
                    for x in 0..<padded.x {
                        block.planes[z]![y * Int(block.row_stride) + x * Int(block.lanes) + label % 16] =
                            score(
                                label, SIMD3(x, y, z))
                    }
                }
            }
        }
        try resampler.consume(planes: planes, logits: blocks, runner: runner)
    }
    withExtendedLifetime((storage, tables)) {}
}

extension Buffer {
    var array: [Element] { (0..<count).map { self[$0] } }
}

/// A resampler with memory of its own.
final class TestResampler {
    let resampler: ScoreResampler
    let memory: Buffer<UInt8>
    let voxels: Int

    init(
        grid: NetworkGrid, classCount: Int, confidences: Bool = false,
        probabilities: [ScoreResampler.ProbabilityPlane] = [], workers: Int
    ) throws {
        let request = ScoreResampler.Request(
            classCount: classCount, probabilities: !probabilities.isEmpty, confidences: confidences)
        let bytes = ScoreResampler.bytes(grid: grid, request: request, workers: workers)
        memory = try Buffer(count: bytes, purpose: "a test resampler")
        memory.pointer.update(repeating: 0xA5, count: memory.count)
        voxels = grid.caller.voxelCount
        resampler = try ScoreResampler(
            grid: grid, request: request, probabilities: probabilities, kernels: ank_kernels_for(0),
            workers: workers, memory: UnsafeMutableRawPointer(memory.pointer))
        resampler.begin()
    }

    var labels: [UInt8] { (0..<voxels).map { memory[$0] } }
}
