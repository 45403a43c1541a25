/// A body in the patient's own frame, described by its signed distance.
protocol Solid: Sendable {
    /// A box that holds the solid.
    var bounds: Bounds { get }

    /// Signed distance to the surface in mm, negative inside. To first order exact near the surface; further
    /// away only its sign and its order of magnitude count.
    func distance(_ p: Point) -> Double
}

/// First-order distance to an ellipse or ellipsoid from |p/r| and |p/r²| (both with the centre as origin).
@inline(__always)
func ellipticDistance(_ relative: Double, _ gradient: Double, _ smallestRadius: Double) -> Double {
    // At the centre both vanish and their ratio means nothing.
    relative < 1e-3 ? -smallestRadius : relative * (relative - 1) / gradient
}
