/// Noise as a reconstruction leaves it: Gaussian in effect, correlated between neighbours of a slice, stronger
/// where the beam has more tissue to cross.
struct QuantumNoise {
    private let stream: RandomStream
    /// Standard deviation in HU behind a head of 180 mm water-equivalent diameter.
    private let deviation: Double
    private let neighbour: Double
    /// How far the same scanner lets uniform tissue drift, in HU of water.
    let shading: Double
    private let size: Phantom.Size
    private let spacing: Phantom.Spacing

    init(seed: UInt64, size: Phantom.Size, spacing: Phantom.Spacing) {
        var draw = RandomStream(seed: seed, topic: .scanner)
        stream = RandomStream(seed: seed, topic: .noise)
        self.size = size
        self.spacing = spacing
        shading = draw.uniform(3...10)
        // Larger voxels collect more photons: the deviation falls with the root of the volume.
        let reference = 1.5 * 1.5 * 2.5
        let volume = spacing.x * spacing.y * spacing.z
        deviation = draw.uniform(5...12) * min(max((reference / volume).squareRoot(), 0.5), 1.7)
        // The reconstruction kernel is about 1 mm wide: neighbours 3 mm apart hardly know each other.
        let pitch = (spacing.x + spacing.y) / 2
        neighbour = min(max(0.65 - 0.18 * pitch, 0.08), 0.5)
    }

    /// Adds the noise to one slice.
    func add(to values: UnsafeMutableBufferPointer<Float>, slice: Int) {
        let width = size.x + 2
        let height = size.y + 2
        var white = [Double](repeating: 0, count: width * height)
        let first = UInt64(slice) &* UInt64(width * height)
        for index in white.indices {
            white[index] = RandomStream.bell(stream.word(at: first &+ UInt64(index)))
        }
        // The kernel (n, 1, n) along both axes, divided by its norm to keep the variance.
        let norm = 1 + 2 * neighbour * neighbour
        let amplitude = deviation * crowding(values) / norm
        for y in 0..<size.y {
            for x in 0..<size.x {
                var sum = 0.0
                for row in 0..<3 {
                    let start = (y + row) * width + x
                    let line = white[start + 1] + neighbour * (white[start] + white[start + 2])
                    sum += row == 1 ? line : neighbour * line
                }
                values[y * size.x + x] += Float(amplitude * sum)
            }
        }
    }

    /// How much the noise grows with what lies in the slice: the water-equivalent area over that of a head.
    private func crowding(_ values: UnsafeMutableBufferPointer<Float>) -> Double {
        var area = 0.0
        for value in values {
            area += min(max(Double(value) + 1000, 0), 3000)
        }
        area *= spacing.x * spacing.y / 1000
        return min(max(0.45 + 0.55 * area / 25_400, 0.6), 2.2)
    }
}
