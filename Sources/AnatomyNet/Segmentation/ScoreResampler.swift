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

    private let grid: NetworkGrid
    private let request: Request
    private let probabilities: [ProbabilityPlane]
    private let kernels: UnsafePointer<ank_kernels>
    private let layout: Layout
    private let workers: Int
    private let memory: UnsafeMutableRawPointer
    private let target: IndexBox
    /// Elements of the caller's dense arrays: the first aligned voxel's, and along the aligned axes.
    private let first: Int
    private let strides: SIMD3<Int>
    private let interpolations: [AxisInterpolation]
    /// The first aligned plane that is not labelled yet; of axis-aligned grids.
    private var nextPlane: Int

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
            plane_stride: Int64(strides.z), row_stride: Int64(strides.y), column_stride: Int64(strides.x))
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

    /// Where things lie in the memory.
    private struct Layout {
        /// The last plane of the slab before.
        var carriedPlane = 0
        var scratch = 0
        var bytes = 0

        /// Floats a network voxel, all blocks.
        let lanes: Int
        let blocks: [FeatureMapLayout.ChannelBlock]
        /// Rows of the caller's that are one work item.
        let rows: Int
        let width: Int
        /// Floats of one interpolated row, one lane.
        let rowVoxels: Int
        let workerBytes: Int
        /// Within a worker's scratch.
        var mixedRow = 0, scores = 0, probabilities = 0, labelRow = 0, confidences = 0

        init(grid: NetworkGrid, request: Request, workers: Int) {
            blocks = FeatureMapLayout.channelBlocks(request.classCount)
            lanes = blocks.reduce(0) { $0 + $1.lanes }
            width = grid.alignedTarget.dimensions.x
            rowVoxels = Int(ank_row_voxels(Int64(width)))
            // A few rows, so that the kernels have something to do, but not more than caches hold.
            rows = max(1, min(16, 65536 / (lanes * width)))
            func reserve(_ bytes: Int, at end: inout Int) -> Int {
                defer { end += (bytes + 63) / 64 * 64 }
                return end
            }
            let network = grid.geometry.dimensions
            let isDirect = grid.isPermutation
            var worker = 0
            mixedRow = reserve(isDirect ? 0 : network.x * lanes * 4, at: &worker)
            scores = reserve(isDirect ? 0 : (rows * rowVoxels + 16) * lanes * 4, at: &worker)
            // Reserved whether asked for or not: an estimate made beforehand does not know.
            probabilities = reserve(request.classCount * rows * width * 4, at: &worker)
            labelRow = reserve(rows * width, at: &worker)
            confidences = reserve(request.classCount * MemoryLayout<Confidence>.stride, at: &worker)
            workerBytes = worker
            var end = 0
            _ = reserve(grid.caller.voxelCount, at: &end)
            carriedPlane = reserve(isDirect ? 0 : network.x * network.y * lanes * 4, at: &end)
            scratch = reserve(worker * workers, at: &end)
            bytes = end
        }
    }

    // MARK: Slabs

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

    // MARK: Separable interpolation

    private func interpolateSeparably(
        _ planes: Range<Int>, _ logits: [ank_block], runner: Runner
    ) throws(AnatomyNetError) {
        let alongZ = interpolations[2]
        let firstPlane = nextPlane
        while nextPlane < target.upper.z, alongZ.next(nextPlane) < planes.upperBound { nextPlane += 1 }
        let groups = (target.dimensions.y + layout.rows - 1) / layout.rows
        try runner.run(items: Int64((nextPlane - firstPlane) * groups)) { item, worker in
            let z = firstPlane + Int(item) / groups
            let y = target.lower.y + Int(item) % groups * layout.rows
            let rows = min(layout.rows, target.upper.y - y)
            let scratch = scratch(worker)
            let low = self.planes(alongZ.base(z), logits)
            let high = self.planes(alongZ.next(z), logits)
            var pointers: [UnsafeMutablePointer<Float>] = []
            var scores = scratch.scores
            for (index, block) in layout.blocks.enumerated() {
                for row in 0..<rows {
                    interpolateRow(
                        y: y + row, low: low[index], high: high[index], fraction: alongZ.fraction(z),
                        lanes: block.lanes, mixed: scratch.mixedRow,
                        into: scores + row * layout.rowVoxels * block.lanes)
                }
                pointers.append(scores)
                scores += (layout.rows * layout.rowVoxels + 16) * block.lanes
            }
            classify(
                pointers, rowStrides: layout.blocks.map { layout.rowVoxels * $0.lanes }, rows: rows,
                width: layout.width, at: SIMD3(target.lower.x, y, z), worker: worker)
        }
    }

    /// One row of the caller's: mixed of four rows of the network's, then interpolated along it.
    private func interpolateRow(
        y: Int, low: PlaneOfScores, high: PlaneOfScores, fraction: Float, lanes: Int,
        mixed: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        let alongX = interpolations[0]
        let alongY = interpolations[1]
        let base = alongY.base(y)
        let next = alongY.next(y)
        let fractionY = alongY.fraction(y)
        let lowBase = low.row(base)
        let lowNext = low.row(next)
        let highBase = high.row(base)
        let highNext = high.row(next)
        let weightLowBase = (1 - fraction) * (1 - fractionY)
        let weightLowNext = (1 - fraction) * fractionY
        let weightHighBase = fraction * (1 - fractionY)
        let weightHighNext = fraction * fractionY
        for index in 0..<grid.geometry.dimensions.x * lanes {
            mixed[index] =
                weightLowBase * lowBase[index] + weightLowNext * lowNext[index]
                + (weightHighBase * highBase[index] + weightHighNext * highNext[index])
        }
        for x in 0..<layout.width {
            let place = target.lower.x + x
            let fraction = alongX.fraction(place)
            let base = mixed + alongX.base(place) * lanes
            let next = mixed + alongX.next(place) * lanes
            let result = output + x * lanes
            for lane in stride(from: 0, to: lanes, by: 8) {
                Self.store(
                    (1 - fraction) * Self.load(base + lane) + fraction * Self.load(next + lane),
                    at: result + lane)
            }
        }
    }

    @inline(__always)
    private static func load(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
        UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
    }

    @inline(__always)
    private static func store(_ value: SIMD8<Float>, at pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: SIMD8<Float>.self)
    }

    // MARK: Oblique interpolation

    private func interpolateObliquely(
        _ planes: Range<Int>, _ map: NetworkGrid.AffineMap, _ logits: [ank_block], runner: Runner
    ) throws(AnatomyNetError) {
        let network = grid.geometry.dimensions
        // Voxels whose lower plane is one of these have both planes now and had not before.
        let isLast = planes.upperBound == network.z
        let bases = max(planes.lowerBound - 1, 0)..<(isLast ? network.z : planes.upperBound - 1)
        let groups = (target.dimensions.y + layout.rows - 1) / layout.rows
        try runner.run(items: Int64(target.dimensions.z * groups)) { item, worker in
            let z = target.lower.z + Int(item) / groups
            let firstRow = target.lower.y + Int(item) % groups * layout.rows
            for y in firstRow..<min(firstRow + layout.rows, target.upper.y) {
                let part = voxels(ofRow: y, plane: z, between: bases, map)
                guard !part.isEmpty else { continue }
                interpolate(part, y: y, z: z, map, logits, worker: worker)
            }
        }
    }

    /// The voxels of a row of the caller's whose lower network plane is one of `bases`.
    private func voxels(
        ofRow y: Int, plane z: Int, between bases: Range<Int>, _ map: NetworkGrid.AffineMap
    ) -> Range<Int> {
        let count = grid.geometry.dimensions.z
        func base(_ x: Int) -> Int {
            AxisInterpolation.place(map.network(SIMD3(Double(x), Double(y), Double(z))).z, in: count).base
        }
        // The lower plane is monotonic along the row.
        func firstVoxel(where isPast: (Int) -> Bool) -> Int {
            var low = target.lower.x
            var high = target.upper.x
            while low < high {
                let middle = (low + high) / 2
                if isPast(base(middle)) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        if map.inverse.x.z >= 0 {
            return firstVoxel { $0 >= bases.lowerBound }..<firstVoxel { $0 >= bases.upperBound }
        }
        return firstVoxel { $0 < bases.upperBound }..<firstVoxel { $0 < bases.lowerBound }
    }

    private func interpolate(
        _ voxels: Range<Int>, y: Int, z: Int, _ map: NetworkGrid.AffineMap, _ logits: [ank_block],
        worker: Int
    ) {
        let network = grid.geometry.dimensions
        var scores = scratch(worker).scores
        var pointers: [UnsafeMutablePointer<Float>] = []
        for (index, block) in layout.blocks.enumerated() {
            var result = scores
            for x in voxels {
                let position = map.network(SIMD3(Double(x), Double(y), Double(z)))
                let alongX = AxisInterpolation.place(position.x, in: network.x)
                let alongY = AxisInterpolation.place(position.y, in: network.y)
                let alongZ = AxisInterpolation.place(position.z, in: network.z)
                let low = plane(alongZ.base, of: index, logits)
                let high = plane(min(alongZ.base + 1, network.z - 1), of: index, logits)
                let nextY = min(alongY.base + 1, network.y - 1)
                let base = alongX.base * block.lanes
                let next = min(alongX.base + 1, network.x - 1) * block.lanes
                for lane in stride(from: 0, to: block.lanes, by: 8) {
                    func alongRow(_ row: UnsafePointer<Float>) -> SIMD8<Float> {
                        (1 - alongX.fraction) * Self.load(row + base + lane)
                            + alongX.fraction * Self.load(row + next + lane)
                    }
                    let lowPlane =
                        (1 - alongY.fraction) * alongRow(low.row(alongY.base))
                        + alongY.fraction * alongRow(low.row(nextY))
                    let highPlane =
                        (1 - alongY.fraction) * alongRow(high.row(alongY.base))
                        + alongY.fraction * alongRow(high.row(nextY))
                    Self.store(
                        (1 - alongZ.fraction) * lowPlane + alongZ.fraction * highPlane, at: result + lane)
                }
                result += block.lanes
            }
            pointers.append(scores)
            scores += (layout.rows * layout.rowVoxels + 16) * block.lanes
        }
        classify(
            pointers, rowStrides: layout.blocks.map { layout.rowVoxels * $0.lanes }, rows: 1,
            width: voxels.count, at: SIMD3(voxels.lowerBound, y, z), worker: worker)
    }

    // MARK: Planes of scores

    /// One plane of one block of the network's scores.
    private struct PlaneOfScores {
        var base: UnsafePointer<Float>
        var rowStride: Int

        @inline(__always)
        func row(_ y: Int) -> UnsafePointer<Float> { base + y * rowStride }
    }

    /// The plane in the slab, or the one kept of the slab before.
    @inline(__always)
    private func plane(_ z: Int, of index: Int, _ logits: [ank_block]) -> PlaneOfScores {
        if z != carriedIndex {
            let block = logits[index]
            return PlaneOfScores(
                base: UnsafePointer(block.planes[z].unsafelyUnwrapped), rowStride: Int(block.row_stride))
        }
        let network = grid.geometry.dimensions
        let lanesBefore = layout.blocks[..<index].reduce(0) { $0 + $1.lanes }
        return PlaneOfScores(
            base: carried + lanesBefore * network.x * network.y,
            rowStride: network.x * layout.blocks[index].lanes)
    }

    private func planes(_ z: Int, _ logits: [ank_block]) -> [PlaneOfScores] {
        layout.blocks.indices.map { plane(z, of: $0, logits) }
    }

    /// The plane that was kept of the slab before.
    private var carriedIndex = -1

    private var carried: UnsafeMutablePointer<Float> {
        (memory + layout.carriedPlane).assumingMemoryBound(to: Float.self)
    }

    /// Keeps a plane: the storage of the slab is used again for the next.
    private func carry(_ z: Int, of logits: [ank_block]) {
        let network = grid.geometry.dimensions
        guard z < network.z - 1 else { return }
        var destination = carried
        for block in logits {
            guard let plane = block.planes[z] else { continue }
            let row = network.x * Int(block.lanes)
            for y in 0..<network.y {
                destination.update(from: plane + y * Int(block.row_stride), count: row)
                destination += row
            }
        }
        carriedIndex = z
    }

    // MARK: Confidences

    /// The highest probabilities of the voxels of one class. A sum of whole numbers, so that no order
    /// of summation gives other bits; 2^24 steps are all that a float between 1/2 and 1 has.
    private struct Confidence {
        var voxels = 0
        var sum = 0

        @inline(__always)
        mutating func add(_ probability: Float) {
            voxels &+= 1
            sum &+= Int(min(max(probability, 0), 1) * 16_777_216)
        }
    }

    private func confidences(_ worker: Int) -> UnsafeMutablePointer<Confidence> {
        (memory + layout.scratch + worker * layout.workerBytes + layout.confidences).bindMemory(
            to: Confidence.self, capacity: request.confidences ? request.classCount : 0)
    }

    /// For each class, the mean over its voxels so far of its probability; nil without voxels, or if
    /// it was not asked for.
    var meanConfidences: [Double?] {
        (0..<request.classCount).map { label in
            guard request.confidences else { return nil }
            var total = Confidence()
            for worker in 0..<workers {
                total.voxels += confidences(worker)[label].voxels
                total.sum += confidences(worker)[label].sum
            }
            return total.voxels == 0 ? nil : Double(total.sum) / 16_777_216 / Double(total.voxels)
        }
    }

    // MARK: Classification

    private struct Scratch {
        var mixedRow, scores, probabilities: UnsafeMutablePointer<Float>
        var labels: UnsafeMutablePointer<UInt8>
    }

    private func scratch(_ worker: Int) -> Scratch {
        let base = memory + layout.scratch + worker * layout.workerBytes
        return Scratch(
            mixedRow: (base + layout.mixedRow).assumingMemoryBound(to: Float.self),
            scores: (base + layout.scores).assumingMemoryBound(to: Float.self),
            probabilities: (base + layout.probabilities).assumingMemoryBound(to: Float.self),
            labels: (base + layout.labelRow).assumingMemoryBound(to: UInt8.self))
    }

    /// Arg-max of rows of logits, and softmax if it is wanted, written where the caller wants them.
    ///
    /// - Parameter start: the aligned index of the first voxel.
    private func classify(
        _ logits: [UnsafeMutablePointer<Float>], rowStrides: [Int], rows: Int, width: Int,
        at start: SIMD3<Int>, worker: Int
    ) {
        let scratch = scratch(worker)
        let voxels = rows * width
        var planes: [UnsafeMutablePointer<Float>?] = logits
        var classPlanes: [UnsafeMutablePointer<Float>?] = (0..<request.classCount).map {
            scratch.probabilities + $0 * voxels
        }
        planes.withUnsafeMutableBufferPointer { planes in
            guard let table = planes.baseAddress else { return }
            let blocks = layout.blocks.indices.map { index in
                ank_block(
                    planes: table + index, row_stride: Int64(rowStrides[index]),
                    lanes: Int32(layout.blocks[index].lanes), channels: Int32(layout.blocks[index].channels),
                    format: Int32(ANK_FLOAT32))
            }
            blocks.withUnsafeBufferPointer { blocks in
                classPlanes.withUnsafeMutableBufferPointer { classPlanes in
                    var operation = ank_classification()
                    operation.height = Int32(rows)
                    operation.width = Int32(width)
                    operation.classes = Int32(request.classCount)
                    operation.input_count = Int32(blocks.count)
                    operation.input = blocks.baseAddress
                    operation.labels = scratch.labels
                    if request.needsProbabilities {
                        operation.probabilities = UnsafePointer(classPlanes.baseAddress)
                    }
                    operation.end_plane = 1
                    for item in 0..<kernels.pointee.classification_items(&operation) {
                        kernels.pointee.classify(&operation, item)
                    }
                }
            }
        }
        let confidences = confidences(worker)
        for row in 0..<rows {
            let place = first + start.x * strides.x + (start.y + row) * strides.y + start.z * strides.z
            let found = scratch.labels + row * width
            for x in 0..<width { labels[place + x * strides.x] = found[x] }
            let rowOfProbabilities = scratch.probabilities + row * width
            if request.confidences {
                for x in 0..<width {
                    let label = Int(found[x])
                    confidences[label].add(rowOfProbabilities[label * voxels + x])
                }
            }
            for plane in probabilities {
                let values = rowOfProbabilities + plane.label * voxels
                for x in 0..<width { plane.destination[place + x * strides.x] = values[x] }
            }
        }
    }
}
