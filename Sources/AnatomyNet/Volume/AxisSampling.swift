/// For each index along one axis of the network's grid, the caller's (aligned) voxels it is made of
/// and their weights, which sum to 1.
///
/// Weights are those of linear interpolation between the two nearest voxels where the network's grid is
/// as fine or finer. Where it is coarser, the voxels are first smoothed with the discrete Gaussian of
/// `SmoothingKernel`. Beyond the ends the border voxel counts, smoothed or not.
struct AxisSampling {
    /// Taps of the index with the most.
    let largestCount: Int
    private let first: Buffer<Int32>
    private let counts: Buffer<Int32>
    private let weights: Buffer<Float>
    let isIdentity: Bool

    init(map: NetworkGrid.AxisMap, count: Int, alignedCount: Int) throws(AnatomyNetError) {
        isIdentity = map == .identity
        let kernel = SmoothingKernel(ratio: map.ratio)
        let capacity = kernel.tapCount
        first = try Buffer(count: count, purpose: "a resampling table")
        counts = try Buffer(count: count, purpose: "a resampling table")
        weights = try Buffer(count: count * capacity, purpose: "a resampling table")
        largestCount = capacity
        var taps = Taps(kernel)
        for index in 0..<count {
            taps.place(at: map.offset + map.ratio * Double(index), alignedCount: alignedCount)
            first[index] = Int32(taps.first)
            counts[index] = Int32(taps.count)
            for tap in 0..<taps.count { weights[index * capacity + tap] = taps.weights[tap] }
        }
    }

    static func bytes(map: NetworkGrid.AxisMap, count: Int) -> Int {
        count * (8 + 4 * SmoothingKernel(ratio: map.ratio).tapCount)
    }

    @inline(__always)
    func taps(_ index: Int) -> (first: Int, count: Int, weights: UnsafeMutablePointer<Float>) {
        (Int(first[index]), Int(counts[index]), weights.pointer + index * largestCount)
    }
}
