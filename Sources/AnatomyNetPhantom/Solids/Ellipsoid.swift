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
            limit: min(
                radii.x * (chord(y * y + z * z) - abs(x)),
                min(
                    radii.y * (chord(x * x + z * z) - abs(y)), radii.z * (chord(x * x + y * y) - abs(z)))))
    }
}
