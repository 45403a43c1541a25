/// Everything on one side of a plane; to be intersected with something bounded.
struct HalfSpace: Solid {
    private let point: Point
    private let outward: Point

    /// - Parameters:
    ///   - point: any point of the plane.
    ///   - outward: the plane's normal, of any length; the solid lies on the other side.
    init(through point: Point, outward: Point) {
        self.point = point
        self.outward = outward * (1 / outward.length)
    }

    var bounds: Bounds {
        Bounds(
            low: Point(-.infinity, -.infinity, -.infinity), high: Point(.infinity, .infinity, .infinity))
    }

    func distance(_ p: Point) -> Double { (p - point).dot(outward) }
}
