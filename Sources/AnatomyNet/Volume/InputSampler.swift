import AnatomyNetKernels

/// Makes the network's input out of a caller's volume: permutes, flips, resamples, windows and pads.
///
/// Reads the caller's memory directly, a row at a time: no copy of the volume is made. Every input
/// voxel is computed the same way whatever the number of threads.
struct InputSampler {
    private let grid: NetworkGrid
    private let volume: Volume
    private let intensities: Intensities
    private let source: UnsafeRawPointer
    /// Bytes along the aligned axes.
    private let strides: SIMD3<Int>
    private let samplings: [AxisSampling]
    /// Two rows a worker.
    private let rows: Buffer<Float>
    private let rowCapacity: Int

    /// Rows of the padded grid that are one work item.
    private static let rowsPerItem = 16

    init(
        volume: Volume, grid: NetworkGrid, intensities: Intensities, workers: Int
    ) throws(AnatomyNetError) {
        self.grid = grid
        self.volume = volume
        self.intensities = intensities
        let (first, strides) = grid.alignedStrides(volume.strides)
        source = volume.voxels + first
        self.strides = strides
        var samplings: [AxisSampling] = []
        if case .separable(let maps) = grid.placement {
            for axis in 0..<3 {
                samplings.append(
                    try AxisSampling(
                        map: maps[axis], count: grid.geometry.dimensions[axis],
                        alignedCount: grid.alignedDimensions[axis]))
            }
        }
        self.samplings = samplings
        rowCapacity = Self.rowCapacity(grid)
        rows = try Buffer(count: rowCapacity * workers, purpose: "rows of voxels")
    }

    /// Bytes that an instance allocates.
    static func bytes(grid: NetworkGrid, workers: Int) -> Int {
        var bytes = rowCapacity(grid) * workers * MemoryLayout<Float>.stride
        if case .separable(let maps) = grid.placement {
            for axis in 0..<3 {
                bytes += AxisSampling.bytes(map: maps[axis], count: grid.geometry.dimensions[axis])
            }
        }
        return bytes
    }

    private static func rowCapacity(_ grid: NetworkGrid) -> Int { (grid.alignedDimensions.x + 15) / 16 * 16 }

    /// Writes the whole padded grid into a block of one lane, the zero voxels around it included.
    func fill(_ image: ank_block, runner: Runner) throws(AnatomyNetError) {
        switch volume.voxelType {
        case .int16: try fill(image, Int16.self, runner: runner)
        case .uint16: try fill(image, UInt16.self, runner: runner)
        case .float32: try fill(image, Float.self, runner: runner)
        }
    }

    private func fill<Voxel: StoredVoxel>(
        _ image: ank_block, _ type: Voxel.Type, runner: Runner
    ) throws(AnatomyNetError) {
        let padded = grid.paddedDimensions
        let dimensions = grid.geometry.dimensions
        let groups = (padded.y + Self.rowsPerItem - 1) / Self.rowsPerItem
        let rowStride = Int(image.row_stride)
        try runner.run(items: Int64(padded.z * groups)) { item, worker in
            let z = Int(item) / groups
            let firstRow = Int(item) % groups * Self.rowsPerItem
            guard let plane = image.planes[z] else { return }
            let scratch = rows.pointer + worker * rowCapacity
            for y in firstRow..<min(firstRow + Self.rowsPerItem, padded.y) {
                let row = plane + y * rowStride
                guard z < dimensions.z, y < dimensions.y else {
                    (row - 1).update(repeating: 0, count: rowStride)
                    continue
                }
                switch grid.placement {
                case .separable: sampleRow(y, z, into: row, scratch: scratch, type)
                case .oblique(let map): sampleRow(y, z, map, into: row, type)
                }
                row[-1] = 0
                (row + dimensions.x).update(repeating: 0, count: rowStride - 1 - dimensions.x)
            }
        }
    }

    // MARK: Separable

    private func sampleRow<Voxel: StoredVoxel>(
        _ y: Int, _ z: Int, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
        _ type: Voxel.Type
    ) {
        let isIdentity = samplings[0].isIdentity
        let count = grid.alignedDimensions.x
        let width = grid.geometry.dimensions.x
        let sum = isIdentity ? output : scratch
        let (firstY, countY, weightsY) = samplings[1].taps(y)
        let (firstZ, countZ, weightsZ) = samplings[2].taps(z)
        for tapZ in 0..<countZ {
            for tapY in 0..<countY {
                let row = source + (firstY + tapY) * strides.y + (firstZ + tapZ) * strides.z
                accumulate(
                    row, weight: weightsZ[tapZ] * weightsY[tapY], count: count,
                    isFirst: tapZ == 0 && tapY == 0,
                    into: sum, type)
            }
        }
        if !isIdentity {
            for x in 0..<width {
                let (first, count, weights) = samplings[0].taps(x)
                var value: Float = 0
                for tap in 0..<count { value += weights[tap] * sum[first + tap] }
                output[x] = value
            }
        }
        if intensities.hasWindow {
            for x in 0..<width { output[x] = intensities.windowed(output[x]) }
        }
    }

    /// Adds a weighted row of HU to the sums, or starts them.
    @inline(__always)
    private func accumulate<Voxel: StoredVoxel>(
        _ row: UnsafeRawPointer, weight: Float, count: Int, isFirst: Bool,
        into sum: UnsafeMutablePointer<Float>,
        _ type: Voxel.Type
    ) {
        let slope = Float(volume.rescaleSlope)
        let intercept = Float(volume.rescaleIntercept)
        let floor = intensities.floor
        let stride = strides.x
        // A loop of its own for the dense case, because only that one can be vectorised.
        if stride == MemoryLayout<Voxel>.stride {
            for x in 0..<count {
                let stored = row.loadUnaligned(
                    fromByteOffset: x &* MemoryLayout<Voxel>.stride, as: Voxel.self)
                let value = weight * max(stored.value * slope + intercept, floor)
                sum[x] = isFirst ? value : sum[x] + value
            }
        } else {
            for x in 0..<count {
                let stored = row.loadUnaligned(fromByteOffset: x &* stride, as: Voxel.self)
                let value = weight * max(stored.value * slope + intercept, floor)
                sum[x] = isFirst ? value : sum[x] + value
            }
        }
    }

    // MARK: Oblique

    private func sampleRow<Voxel: StoredVoxel>(
        _ y: Int, _ z: Int, _ map: NetworkGrid.AffineMap, into output: UnsafeMutablePointer<Float>,
        _ type: Voxel.Type
    ) {
        let slope = Float(volume.rescaleSlope)
        let intercept = Float(volume.rescaleIntercept)
        let dimensions = grid.alignedDimensions
        let end = SIMD3<Double>(dimensions) - 0.5
        var taps = (0..<3).map { Taps(SmoothingKernel(ratio: map.ratio[$0])) }
        for x in 0..<grid.geometry.dimensions.x {
            let position = map.aligned(SIMD3(Double(x), Double(y), Double(z)))
            guard all(position .>= SIMD3(repeating: -0.5)), all(position .<= end) else {
                output[x] = intensities.outside
                continue
            }
            for axis in 0..<3 {
                taps[axis].place(at: position[axis], alignedCount: dimensions[axis])
            }
            var value: Float = 0
            for tapZ in 0..<taps[2].count {
                for tapY in 0..<taps[1].count {
                    let row =
                        source + (taps[1].first + tapY) * strides.y + (taps[2].first + tapZ) * strides.z
                    let weight = taps[2].weights[tapZ] * taps[1].weights[tapY]
                    for tapX in 0..<taps[0].count {
                        let stored = row.loadUnaligned(
                            fromByteOffset: (taps[0].first + tapX) * strides.x, as: Voxel.self)
                        value +=
                            weight * taps[0].weights[tapX]
                            * max(stored.value * slope + intercept, intensities.floor)
                    }
                }
            }
            output[x] = intensities.windowed(value)
        }
    }
}
