import AnatomyNetKernels

/// Turns the network's scores, which arrive a few planes at a time, into labels on the caller's grid.
///
/// Where the two grids share their voxels, the scores of each voxel are classified as they are.
/// Otherwise the logits of the surrounding network voxels are interpolated linearly at the centre of
/// each of the caller's voxels, and classified there; positions beyond the centres of the outermost
/// network voxels take the border's. Logits rather than probabilities: those change from 0 to 1 within
/// a voxel, so that what is interpolated between them depends on how the two grids happen to lie, and
/// thin organs fade (`docs/geometry.md` has the figures). Only one plane of scores is kept from slab to
/// slab.
///
/// Which slab a voxel is computed with depends only on its position and not on the order of the
/// caller's axes, and each voxel is computed the same way whatever the number of threads. Belongs to
/// one call: not thread-safe.
final class ScoreResampler: ScoreSink {
    /// A class whose probabilities are wanted, and where: one number a voxel of the caller's whole
    /// volume, dense, x fastest.
    struct ProbabilityPlane {
        var label: Int
        var destination: UnsafeMutablePointer<Float>
    }

    /// What is wanted, as far as it decides the memory that is needed.
    struct Request: Equatable {
        var classCount: Int
        /// Whether probabilities are written.
        var probabilities = false
        /// Whether each class's mean confidence is wanted.
        var confidences = false

        /// Whether the scores of each voxel must be turned into probabilities.
        var needsProbabilities: Bool { probabilities || confidences }
    }

    /// Dense, x fastest, in the caller's order; background outside the region.
    let labels: UnsafeMutablePointer<UInt8>

    let grid: NetworkGrid
    let request: Request
    let probabilities: [ProbabilityPlane]
    let kernels: UnsafePointer<ank_kernels>
    let layout: Layout
    let workers: Int
    let memory: UnsafeMutableRawPointer
    let target: IndexBox
    /// Elements of the caller's dense arrays: the first aligned voxel's, and along the aligned axes.
    let first: Int
    let strides: SIMD3<Int>
    let interpolations: [AxisInterpolation]
    /// The first aligned plane that is not labelled yet; of axis-aligned grids.
    var nextPlane: Int
    /// The network's plane that was kept of the slab before.
    var carriedIndex = -1
    /// 1 if a score was NaN or infinite.
    let nonfinite: UnsafeMutablePointer<Int32>

    /// - Parameters:
    ///   - probabilities: wanted classes, if `request` says so.
    ///   - memory: `bytes(...)` bytes, aligned to 64, for this object's use from `begin` on and as long as its
    ///     labels are.
    init(
        grid: NetworkGrid, request: Request, probabilities: [ProbabilityPlane] = [],
        kernels: UnsafePointer<ank_kernels>, workers: Int, memory: UnsafeMutableRawPointer
    ) throws(AnatomyNetError) {
        self.grid = grid
        self.request = request
        self.probabilities = probabilities
        self.kernels = kernels
        self.memory = memory
        self.workers = workers
        layout = Layout(grid: grid, request: request, workers: workers)
        target = grid.alignedTarget
        let dimensions = grid.caller.dimensions
        (first, strides) = grid.alignedStrides(SIMD3(1, dimensions.x, dimensions.x * dimensions.y))
        var interpolations: [AxisInterpolation] = []
        if case .separable(let maps) = grid.placement {
            for axis in 0..<3 {
                interpolations.append(
                    try AxisInterpolation(
                        map: maps[axis], networkCount: grid.geometry.dimensions[axis],
                        alignedCount: grid.alignedDimensions[axis]))
            }
        }
        self.interpolations = interpolations
        nextPlane = target.lower.z
        labels = memory.bindMemory(to: UInt8.self, capacity: grid.caller.voxelCount)
        nonfinite = .allocate(capacity: 1)
        nonfinite.initialize(to: 0)
    }

    deinit {
        nonfinite.deallocate()
    }

    /// Refuses scores of which one was NaN or infinite: the labels and probabilities made of them mean nothing.
    func checkScores() throws(AnatomyNetError) {
        guard nonfinite.pointee != 0 else { return }
        throw AnatomyNetError(
            .nonfiniteScore,
            "the network's scores are not finite: its weights, or the volume's intensities with them, are too large"
        )
    }

    /// Makes every voxel background: those outside the region stay so.
    func begin() {
        let voxels = grid.caller.voxelCount
        labels.update(repeating: 0, count: voxels)
        if request.confidences {
            for worker in 0..<workers {
                confidences(worker).update(repeating: Confidence(), count: request.classCount)
            }
        }
        guard target.dimensions != grid.alignment.aligned(grid.caller.dimensions) else { return }
        for request in probabilities {
            request.destination.update(repeating: request.label == 0 ? 1 : 0, count: voxels)
        }
    }

    /// Of grids that share their voxels, unless probabilities are wanted as well.
    var plainLabels: ank_labels? {
        guard grid.isPermutation, !request.needsProbabilities else { return nil }
        let lower = target.lower
        return ank_labels(
            first_plane: Int32(lower.z), end_plane: Int32(target.upper.z), first_row: Int32(lower.y),
            end_row: Int32(target.upper.y), first_column: Int32(lower.x), end_column: Int32(target.upper.x),
            labels: labels + first + lower.x * strides.x + lower.y * strides.y + lower.z * strides.z,
            plane_stride: Int64(strides.z), row_stride: Int64(strides.y), column_stride: Int64(strides.x),
            nonfinite: nonfinite)
    }

    /// Bytes of `memory` that an instance needs.
    static func bytes(grid: NetworkGrid, request: Request, workers: Int) -> Int {
        Layout(grid: grid, request: request, workers: workers).bytes
    }

    /// Bytes that an instance allocates beside its memory.
    static func tableBytes(grid: NetworkGrid) -> Int {
        guard case .separable = grid.placement else { return 0 }
        let dimensions = grid.alignedDimensions
        return (0..<3).reduce(0) { $0 + AxisInterpolation.bytes(alignedCount: dimensions[$1]) }
    }

    /// Labels all voxels that lie between the planes given so far and that were not labelled before.
    ///
    /// - Parameters:
    ///   - planes: of the network's grid, beginning where the call before ended; planes of the
    ///     padding are ignored.
    ///   - logits: blocks as a layer with this many channels writes them.
    func consume(planes: Range<Int>, logits: [ank_block], runner: Runner) throws(AnatomyNetError) {
        let network = grid.geometry.dimensions
        let planes = planes.clamped(to: 0..<network.z)
        guard !planes.isEmpty else { return }
        switch grid.placement {
        case .separable where grid.isPermutation:
            try classifyDirectly(planes.clamped(to: target.lower.z..<target.upper.z), logits, runner: runner)
            return
        case .separable:
            try interpolateSeparably(planes, logits, runner: runner)
        case .oblique(let map):
            try interpolateObliquely(planes, map, logits, runner: runner)
        }
        carry(planes.upperBound - 1, of: logits)
    }

    private func classifyDirectly(
        _ planes: Range<Int>, _ logits: [ank_block], runner: Runner
    ) throws(AnatomyNetError) {
        let groups = (target.dimensions.y + layout.rows - 1) / layout.rows
        try runner.run(items: Int64(planes.count * groups)) { item, worker in
            let z = planes.lowerBound + Int(item) / groups
            let y = target.lower.y + Int(item) % groups * layout.rows
            let rows = min(layout.rows, target.upper.y - y)
            let pointers = logits.map { block in
                block.planes[z].unsafelyUnwrapped + y * Int(block.row_stride) + target.lower.x
                    * Int(block.lanes)
            }
            classify(
                pointers, rowStrides: logits.map { Int($0.row_stride) }, rows: rows, width: layout.width,
                at: SIMD3(target.lower.x, y, z), worker: worker)
        }
    }

}
