import AnatomyNetKernels

extension ScoreResampler {
    /// Where things lie in the memory.
    struct Layout {
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

    /// What a worker computes in.
    struct Scratch {
        var mixedRow, scores, probabilities: UnsafeMutablePointer<Float>
        var labels: UnsafeMutablePointer<UInt8>
    }

    func scratch(_ worker: Int) -> Scratch {
        let base = memory + layout.scratch + worker * layout.workerBytes
        return Scratch(
            mixedRow: (base + layout.mixedRow).assumingMemoryBound(to: Float.self),
            scores: (base + layout.scores).assumingMemoryBound(to: Float.self),
            probabilities: (base + layout.probabilities).assumingMemoryBound(to: Float.self),
            labels: (base + layout.labelRow).assumingMemoryBound(to: UInt8.self))
    }
}
