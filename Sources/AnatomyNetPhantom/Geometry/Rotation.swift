/// A rotation by three small angles: about x (nodding), then y (tilting), then z (turning).
struct Rotation {
    private let rowX: Point
    private let rowY: Point
    private let rowZ: Point

    /// - Parameters: angles in radians, at most 0.6 in magnitude.
    init(nod: Double, tilt: Double, turn: Double) {
        let (sinA, cosA) = Self.sineAndCosine(nod)
        let (sinB, cosB) = Self.sineAndCosine(tilt)
        let (sinC, cosC) = Self.sineAndCosine(turn)
        rowX = Point(cosC * cosB, cosC * sinB * sinA - sinC * cosA, cosC * sinB * cosA + sinC * sinA)
        rowY = Point(sinC * cosB, sinC * sinB * sinA + cosC * cosA, sinC * sinB * cosA - cosC * sinA)
        rowZ = Point(-sinB, cosB * sinA, cosB * cosA)
    }

    func inverseApplied(to p: Point) -> Point {
        rowX * p.x + rowY * p.y + rowZ * p.z
    }

    /// Taylor series to the 11th order. The C library's sine and cosine round differently from version to
    /// version, and the phantom must not.
    static func sineAndCosine(_ angle: Double) -> (sine: Double, cosine: Double) {
        let s = angle * angle
        let sine =
            angle * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110)))))
        let cosine = 1 - s / 2 * (1 - s / 12 * (1 - s / 30 * (1 - s / 56 * (1 - s / 90))))
        return (sine, cosine)
    }
}
