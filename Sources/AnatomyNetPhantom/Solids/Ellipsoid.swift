/// An ellipsoid with axes parallel to the patient's.
struct Ellipsoid: Solid {
    let center: Point
    let radii: Point

    init(_ center: Point, radii: Point) {
        self.center = center
        self.radii = radii
    }

    var bounds: Bounds { Bounds(low: center - radii, high: center + radii) }

    func distance(_ p: Point) -> Double {
        let x = (p.x - center.x) / radii.x
        let y = (p.y - center.y) / radii.y
        let z = (p.z - center.z) / radii.z
        let gx = x / radii.x
        let gy = y / radii.y
        let gz = z / radii.z
        return ellipticDistance(
            (x * x + y * y + z * z).squareRoot(), (gx * gx + gy * gy + gz * gz).squareRoot(),
            min(radii.x, min(radii.y, radii.z)))
    }
}
