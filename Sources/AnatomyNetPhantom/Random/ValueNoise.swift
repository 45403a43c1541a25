/// A smooth random function of position, periodic over 32 lattice cells, within −1…1.
struct ValueNoise {
    private static let period = 32
    private let lattice: [Float]

    init(_ stream: RandomStream) {
        var stream = stream
        lattice = (0..<Self.period * Self.period * Self.period).map { _ in
            Float(stream.uniform(-1...1))
        }
    }

    /// The value at a position counted in lattice cells.
    func value(_ x: Double, _ y: Double, _ z: Double) -> Double {
        let floorX = x.rounded(.down)
        let floorY = y.rounded(.down)
        let floorZ = z.rounded(.down)
        let u = fade(x - floorX)
        let v = fade(y - floorY)
        let w = fade(z - floorZ)
        let mask = Self.period - 1
        let x0 = Int(floorX) & mask
        let x1 = (x0 + 1) & mask
        let y0 = (Int(floorY) & mask) * Self.period
        let y1 = ((Int(floorY) + 1) & mask) * Self.period
        let z0 = (Int(floorZ) & mask) * Self.period * Self.period
        let z1 = ((Int(floorZ) + 1) & mask) * Self.period * Self.period
        let near = interpolate(
            interpolate(lattice[z0 + y0 + x0], lattice[z0 + y0 + x1], u),
            interpolate(lattice[z0 + y1 + x0], lattice[z0 + y1 + x1], u), v)
        let far = interpolate(
            interpolate(lattice[z1 + y0 + x0], lattice[z1 + y0 + x1], u),
            interpolate(lattice[z1 + y1 + x0], lattice[z1 + y1 + x1], u), v)
        return Double(interpolate(near, far, w))
    }

    private func fade(_ t: Double) -> Float {
        Float(t * t * (3 - 2 * t))
    }

    private func interpolate(_ a: Float, _ b: Float, _ t: Float) -> Float {
        a + (b - a) * t
    }
}
