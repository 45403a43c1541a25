/// A position or a displacement in millimetres; x to the patient's left, y posterior, z superior (LPS).
///
/// A plain structure, not `SIMD3`: without optimisation the generic SIMD operators are a hundred times slower,
/// and tests run without optimisation.
struct Point {
    var x: Double
    var y: Double
    var z: Double

    init(_ x: Double, _ y: Double, _ z: Double) {
        self.x = x
        self.y = y
        self.z = z
    }

    var length: Double { (x * x + y * y + z * z).squareRoot() }

    func dot(_ other: Point) -> Double { x * other.x + y * other.y + z * other.z }

    /// The position on the other side of the body where `side` is −1, the same where it is +1.
    func onSide(_ side: Side) -> Point { Point(x * side.sign, y, z) }

    static func + (a: Point, b: Point) -> Point { Point(a.x + b.x, a.y + b.y, a.z + b.z) }
    static func - (a: Point, b: Point) -> Point { Point(a.x - b.x, a.y - b.y, a.z - b.z) }
    static func * (a: Point, factor: Double) -> Point { Point(a.x * factor, a.y * factor, a.z * factor) }
}

/// A side of the patient.
enum Side: CaseIterable {
    case left
    case right

    /// The sign of x on this side.
    var sign: Double { self == .left ? 1 : -1 }
}

/// 0 below `start`, 1 above `end`, smooth in between; `start` may be the larger one.
func smoothStep(_ start: Double, _ end: Double, _ value: Double) -> Double {
    let t = min(max((value - start) / (end - start), 0), 1)
    return t * t * (3 - 2 * t)
}
