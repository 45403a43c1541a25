/// A body in the patient's own frame, described by its signed distance.
protocol Solid: Sendable {
    /// A box that holds the solid.
    var bounds: Bounds { get }

    /// Signed distance to the surface in mm, negative inside. To first order exact near the surface; further
    /// away only its sign and its order of magnitude count.
    func distance(_ p: Point) -> Double
}

/// First-order distance to an ellipse or ellipsoid from |p/r| and |p/r²| (both with the centre as origin).
///
/// - Parameter limit: how far inside the point can be at most, by the chord through it along a short axis: in
///   a flat ellipse the first-order term alone takes a sheet for a ball.
@inline(__always)
func ellipticDistance(_ relative: Double, _ gradient: Double, limit: @autoclosure () -> Double) -> Double {
    if relative >= 1 {
        return relative * (relative - 1) / gradient
    }
    // At the centre numerator and denominator vanish, and their ratio means nothing.
    let depth = limit()
    return relative < 1e-3 ? -depth : max(relative * (relative - 1) / gradient, -depth)
}

/// Half the chord of the unit ball whose distance from the centre has the given square.
@inline(__always)
func chord(_ square: Double) -> Double {
    max(1 - square, 0).squareRoot()
}
