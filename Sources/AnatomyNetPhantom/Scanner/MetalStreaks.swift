/// Streaks from dental metal, made the way a scanner makes them.
///
/// A slice with metal is projected along 200 directions; rays through metal come out too weak in proportion to
/// what they crossed (beam hardening) and noisier (photon starvation); and the error alone is reconstructed by
/// filtered back-projection and added. Dark bands between fillings and bright rays beside them come by
/// themselves. See A. C. Kak and M. Slaney, *Principles of Computerized Tomographic Imaging*, chapter 3.
struct MetalStreaks {
    private static let views = 200
    /// What is denser than bone can be counts as metal, in HU.
    private static let threshold: Float = 3200
    private let strength: Double
    private let stream: RandomStream
    private let size: Phantom.Size
    private let spacing: Phantom.Spacing

    init(seed: UInt64, size: Phantom.Size, spacing: Phantom.Spacing) {
        var draw = RandomStream(seed: seed, topic: .streaks)
        strength = draw.uniform(0.5...1.3)
        stream = draw
        self.size = size
        self.spacing = spacing
    }

    /// Adds the streaks to one slice, if it holds metal.
    func add(to values: UnsafeMutableBufferPointer<Float>, slice: Int) {
        guard values.contains(where: { $0 > Self.threshold }) else { return }
        let bin = min(spacing.x, spacing.y)
        let reachX = Double(size.x) * spacing.x / 2
        let reachY = Double(size.y) * spacing.y / 2
        let half = Int(((reachX * reachX + reachY * reachY).squareRoot() / bin).rounded(.up)) + 2
        let bins = 2 * half + 1

        var dense: [(x: Double, y: Double, metal: Double, bone: Double)] = []
        for y in 0..<size.y {
            for x in 0..<size.x {
                let value = values[y * size.x + x]
                guard value > 300 else { continue }
                dense.append(
                    (
                        (Double(x) + 0.5) * spacing.x - reachX, (Double(y) + 0.5) * spacing.y - reachY,
                        // In units of the attenuation of 1 mm of metal, and of dense bone.
                        Double(max(value - Self.threshold, 0)) / 5800,
                        Double(min(value, Self.threshold)) / 3200
                    ))
            }
        }

        var image = [Double](repeating: 0, count: size.x * size.y)
        var metal = [Double](repeating: 0, count: bins)
        var bone = [Double](repeating: 0, count: bins)
        let (sine, cosine) = Rotation.sineAndCosine(Double.pi / Double(Self.views))
        var direction = (x: 1.0, y: 0.0)
        let area = spacing.x * spacing.y / bin
        for view in 0..<Self.views {
            for index in 0..<bins {
                metal[index] = 0
                bone[index] = 0
            }
            for voxel in dense {
                let position = (voxel.x * direction.x + voxel.y * direction.y) / bin + Double(half)
                let index = Int(position)
                let upper = position - Double(index)
                metal[index] += voxel.metal * area * (1 - upper)
                metal[index + 1] += voxel.metal * area * upper
                bone[index] += voxel.bone * area * (1 - upper)
                bone[index + 1] += voxel.bone * area * upper
            }
            let error = projectionError(metal, bone, view: view, slice: slice)
            backProject(filtered(error, bin), direction, half, into: &image)
            direction = (
                direction.x * cosine - direction.y * sine, direction.x * sine + direction.y * cosine
            )
        }
        // From attenuation per mm to HU: water has 0.02 per mm.
        let factor = Float(Double.pi / Double(Self.views) * 1000 / 0.02)
        for index in image.indices {
            values[index] += factor * Float(image[index])
        }
    }

    private func projectionError(_ metal: [Double], _ bone: [Double], view: Int, slice: Int) -> [Double] {
        metal.indices.map { index in
            let path = metal[index]
            guard path > 0 else { return 0 }
            let noise = RandomStream.bell(
                stream.word(at: UInt64((slice * Self.views + view) * metal.count + index)))
            let hardening = -path * (path + 0.12 * bone[index]) / (4 + path)
            return strength * (0.16 * hardening + 0.02 * noise * path)
        }
    }

    /// The ramp filter of Ramachandran and Lakshminarayanan, evaluated only where the error is not zero.
    private func filtered(_ error: [Double], _ bin: Double) -> [Double] {
        var result = [Double](repeating: 0, count: error.count)
        for (source, value) in error.enumerated() where value != 0 {
            result[source] += value / (4 * bin)
            for target in stride(from: (source + 1) % 2, to: error.count, by: 2) {
                let n = Double(target - source)
                result[target] -= value / (Double.pi * Double.pi * n * n * bin)
            }
        }
        return result
    }

    private func backProject(
        _ projection: [Double], _ direction: (x: Double, y: Double), _ half: Int,
        into image: inout [Double]
    ) {
        let bin = min(spacing.x, spacing.y)
        let step = spacing.x * direction.x / bin
        projection.withUnsafeBufferPointer { projection in
            image.withUnsafeMutableBufferPointer { image in
                for y in 0..<size.y {
                    let offsetY = (Double(y) + 0.5 - Double(size.y) / 2) * spacing.y
                    let offsetX = (0.5 - Double(size.x) / 2) * spacing.x
                    let start = (offsetX * direction.x + offsetY * direction.y) / bin + Double(half)
                    for x in 0..<size.x {
                        let position = start + step * Double(x)
                        let index = Int(position)
                        let upper = position - Double(index)
                        image[y * size.x + x] +=
                            projection[index] + (projection[index + 1] - projection[index]) * upper
                    }
                }
            }
        }
    }
}
