/// A box with rounded edges, parallel to the patient's axes.
struct RoundedBox: Solid {
    let center: Point
    let half: Point
    let rounding: Double

    /// - Parameter half: half the outer size; each component at least `rounding`.
    init(_ center: Point, half: Point, rounding: Double) {
        self.center = center
        self.half = half
        self.rounding = rounding
    }

    var bounds: Bounds { Bounds(low: center - half, high: center + half) }

    func distance(_ p: Point) -> Double {
        let x = abs(p.x - center.x) - half.x + rounding
        let y = abs(p.y - center.y) - half.y + rounding
        let z = abs(p.z - center.z) - half.z + rounding
        let outside = Point(max(x, 0), max(y, 0), max(z, 0)).length
        return outside + min(max(x, max(y, z)), 0) - rounding
    }
}
