import Glibc

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

/// The discrete Gaussian that removes what a coarser grid cannot represent.
///
/// With voxels as point spread functions whose full width at half maximum is their spacing, going from
/// a spacing of 1 to one of `ratio` takes a Gaussian of variance (ratio² − 1) / (8 ln 2) (Cardoso et al.,
/// Scale factor point spread function matching, MICCAI 2015). Its discrete form, e^−t I_n(t) with
/// variance t (Lindeberg 1990), has exactly that variance also where it is narrower than a voxel, where
/// samples of a Gaussian do not. Cut where the kept part is above 0.99 and normalised: the same as
/// ITK's DiscreteGaussianImageFilter with its default error.
struct SmoothingKernel {
    /// Weights of the voxels at distance 0, 1, …: both sides' and the middle's sum to 1.
    let weights: [Double]

    init(ratio: Double) {
        guard ratio > 1 else {
            weights = [1]
            return
        }
        let variance = (ratio * ratio - 1) / (8 * log(2))
        var weights = [Self.weight(0, variance), Self.weight(1, variance)]
        var sum = weights[0] + 2 * weights[1]
        while sum < 0.99 {
            weights.append(Self.weight(weights.count, variance))
            sum += 2 * (weights.last ?? 0)
        }
        self.weights = weights.map { $0 / sum }
    }

    /// Voxels that linear interpolation of the smoothed ones looks at.
    var tapCount: Int { 2 * weights.count }

    /// e^−t I_n(t), by the power series of the modified Bessel function: all its terms are positive.
    private static func weight(_ distance: Int, _ variance: Double) -> Double {
        var term = exp(-variance)
        for factor in 0..<distance { term *= variance / 2 / Double(factor + 1) }
        var sum = 0.0
        var index = 0
        while term > sum * 1e-17 {
            sum += term
            index += 1
            term *= variance * variance / 4 / Double(index * (index + distance))
        }
        return sum
    }
}

/// The weights of the voxels around one position of an axis.
struct Taps {
    private(set) var first = 0
    private(set) var count = 0
    private(set) var weights: [Float]
    private var sums: [Double]
    private let kernel: [Double]

    init(_ kernel: SmoothingKernel) {
        self.kernel = kernel.weights
        weights = [Float](repeating: 0, count: kernel.tapCount)
        sums = [Double](repeating: 0, count: kernel.tapCount)
    }

    /// - Parameters:
    ///   - position: in aligned voxels, at most a voxel beyond the outermost.
    ///   - alignedCount: voxels along the axis.
    mutating func place(at position: Double, alignedCount: Int) {
        let reach = kernel.count - 1
        let last = alignedCount - 1
        let position = min(max(position, 0), Double(last))
        let base = Int(position.rounded(.down))
        let fraction = position - Double(base)
        // On a voxel its neighbour has no share, and need not be read.
        let end = fraction > 0 ? base + 1 : base
        first = min(max(base - reach, 0), last)
        count = min(max(end + reach, 0), last) - first + 1
        for tap in 0..<count { sums[tap] = 0 }
        for centre in base...end {
            let share = centre == base ? 1 - fraction : fraction
            for offset in -reach...reach {
                sums[min(max(centre + offset, 0), last) - first] += share * kernel[abs(offset)]
            }
        }
        for tap in 0..<count { weights[tap] = Float(sums[tap]) }
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
