/// A solid described on the left and placed on a side of the body.
struct OnSide: Solid {
    private let solid: any Solid
    private let sign: Double

    init(_ solid: any Solid, _ side: Side) {
        self.solid = solid
        sign = side.sign
    }

    var bounds: Bounds {
        let box = solid.bounds
        guard sign < 0 else { return box }
        return Bounds(
            low: Point(-box.high.x, box.low.y, box.low.z), high: Point(-box.low.x, box.high.y, box.high.z))
    }

    func distance(_ p: Point) -> Double { solid.distance(Point(p.x * sign, p.y, p.z)) }
}
