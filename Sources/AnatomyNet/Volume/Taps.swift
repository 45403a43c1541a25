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
