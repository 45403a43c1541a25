/// Sums over the planes of a feature map's blocks, and what follows from them.
///
/// For each block, 9 · 16 sums and 16 sums of squares a plane, in double precision; added over the
/// planes in order, so that the result does not depend on the number of threads.
struct PlaneSums {
    let depth: Int
    let base: UnsafeMutablePointer<Double>

    private static let sumsPerPlane = 9 * 16
    private static let squaresPerPlane = 16

    static func bytes(depth: Int) -> Int {
        depth * (sumsPerPlane + squaresPerPlane) * MemoryLayout<Double>.stride
    }

    func sums(block: Int) -> UnsafeMutablePointer<Double> {
        base + block * depth * (Self.sumsPerPlane + Self.squaresPerPlane)
    }

    func squares(block: Int) -> UnsafeMutablePointer<Double> {
        sums(block: block) + depth * Self.sumsPerPlane
    }

    /// For each channel, the sums of the voxels that each tap (kz, ky, kx) of a 3x3x3 convolution
    /// meets: tap plane 0 never meets the last plane, tap plane 2 never the first.
    func tapSums(block: Int, channels: Int) -> [[Double]] {
        let sums = sums(block: block)
        return (0..<channels).map { lane in
            var taps = [Double](repeating: 0, count: 27)
            for kz in 0..<3 {
                let planes = (kz == 2 ? 1 : 0)..<(kz == 0 ? depth - 1 : depth)
                for plane in planes {
                    for tap in 0..<9 {
                        taps[kz * 9 + tap] += sums[(plane * 9 + tap) * 16 + lane]
                    }
                }
            }
            return taps
        }
    }

    /// For each channel, mean and biased variance over `voxels` voxels.
    func moments(block: Int, channels: Int, voxels: Int) -> [(mean: Double, variance: Double)] {
        let sums = sums(block: block)
        let squares = squares(block: block)
        return (0..<channels).map { lane in
            var total = 0.0
            var totalSquares = 0.0
            for plane in 0..<depth {
                total += sums[(plane * 9 + 4) * 16 + lane]
                totalSquares += squares[plane * 16 + lane]
            }
            let mean = total / Double(voxels)
            return (mean, max(0, totalSquares / Double(voxels) - mean * mean))
        }
    }
}

/// What a convolution has left of the sums of a block that it stored: the whole of a plane in some
/// addends, among those of the map's other blocks.
struct KnownSums {
    let values: UnsafePointer<Double>
    let addends: Int
    /// From one addend to the next.
    let lanes: Int

    init(values: UnsafeMutablePointer<Double>, addends: Int, lanes: Int) {
        self.values = UnsafePointer(values)
        self.addends = addends
        self.lanes = lanes
    }
}
