/// For each index along one axis of the network's grid, the caller's (aligned) voxels it is made of
/// and their weights, which sum to 1.
///
/// Weights are those of a triangle of half-width max(1, ratio) aligned voxels around the sample's
/// position: linear interpolation where the network's grid is as fine or finer, and a low-pass
/// filter matched to its spacing where it is coarser. Beyond the ends the border voxel counts.
struct AxisSampling {
    /// Taps of the index with the most.
    let largestCount: Int
    private let first: Buffer<Int32>
    private let counts: Buffer<Int32>
    private let weights: Buffer<Float>
    let isIdentity: Bool

    init(map: NetworkGrid.AxisMap, count: Int, alignedCount: Int) throws(AnatomyNetError) {
        isIdentity = map == .identity
        let capacity = Self.capacity(ratio: map.ratio)
        first = try Buffer(count: count, purpose: "a resampling table")
        counts = try Buffer(count: count, purpose: "a resampling table")
        weights = try Buffer(count: count * capacity, purpose: "a resampling table")
        largestCount = capacity
        var taps = Taps(capacity: capacity)
        for index in 0..<count {
            taps.place(
                at: map.offset + map.ratio * Double(index), width: max(1, map.ratio),
                alignedCount: alignedCount)
            first[index] = Int32(taps.first)
            counts[index] = Int32(taps.count)
            for tap in 0..<taps.count { weights[index * capacity + tap] = taps.weights[tap] }
        }
    }

    /// Taps that a triangle of this ratio can have.
    static func capacity(ratio: Double) -> Int { 2 * Int(max(1, ratio).rounded(.up)) + 1 }

    static func bytes(map: NetworkGrid.AxisMap, count: Int) -> Int {
        count * (8 + 4 * capacity(ratio: map.ratio))
    }

    @inline(__always)
    func taps(_ index: Int) -> (first: Int, count: Int, weights: UnsafeMutablePointer<Float>) {
        (Int(first[index]), Int(counts[index]), weights.pointer + index * largestCount)
    }
}

/// The weights of a triangle around one position of an axis.
struct Taps {
    private(set) var first = 0
    private(set) var count = 0
    private(set) var weights: [Float]
    private var sums: [Double]

    init(capacity: Int) {
        weights = [Float](repeating: 0, count: capacity)
        sums = [Double](repeating: 0, count: capacity)
    }

    /// - Parameters:
    ///   - position: in aligned voxels.
    ///   - width: half the triangle's base, in aligned voxels, at least 1.
    ///   - alignedCount: voxels along the axis.
    mutating func place(at position: Double, width: Double, alignedCount: Int) {
        // The voxels strictly inside the base.
        let low = Int((position - width).rounded(.down)) + 1
        let high = Int((position + width).rounded(.up)) - 1
        let last = alignedCount - 1
        first = min(max(low, 0), last)
        count = min(max(high, 0), last) - first + 1
        for tap in 0..<count { sums[tap] = 0 }
        var total = 0.0
        for voxel in low...high {
            let weight = 1 - abs(Double(voxel) - position) / width
            sums[min(max(voxel, 0), last) - first] += weight
            total += weight
        }
        for tap in 0..<count { weights[tap] = Float(sums[tap] / total) }
    }
}

/// For each aligned index along one axis, the two network indices around it and the weight of the
/// second: linear interpolation, clamped to the grid.
struct AxisInterpolation {
    private let bases: Buffer<Int32>
    private let fractions: Buffer<Float>
    let isIdentity: Bool
    let networkCount: Int

    init(map: NetworkGrid.AxisMap, networkCount: Int, alignedCount: Int) throws(AnatomyNetError) {
        isIdentity = map == .identity
        self.networkCount = networkCount
        bases = try Buffer(count: alignedCount, purpose: "a resampling table")
        fractions = try Buffer(count: alignedCount, purpose: "a resampling table")
        for index in 0..<alignedCount {
            let (base, fraction) = Self.place(map.networkIndex(Double(index)), in: networkCount)
            bases[index] = Int32(base)
            fractions[index] = fraction
        }
    }

    static func bytes(alignedCount: Int) -> Int { 8 * alignedCount }

    @inline(__always)
    static func place(_ position: Double, in count: Int) -> (base: Int, fraction: Float) {
        let clamped = min(max(position, 0), Double(count - 1))
        let base = min(Int(clamped), max(count - 2, 0))
        return (base, Float(clamped - Double(base)))
    }

    @inline(__always)
    func base(_ index: Int) -> Int { Int(bases[index]) }

    /// The second of the two indices.
    @inline(__always)
    func next(_ index: Int) -> Int { min(Int(bases[index]) + 1, networkCount - 1) }

    @inline(__always)
    func fraction(_ index: Int) -> Float { fractions[index] }
}
