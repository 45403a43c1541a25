/// An axis-parallel box in millimetres.
struct Bounds {
    var low: Point
    var high: Point

    func expanded(by margin: Double) -> Bounds {
        Bounds(
            low: Point(low.x - margin, low.y - margin, low.z - margin),
            high: Point(high.x + margin, high.y + margin, high.z + margin))
    }

    func union(_ other: Bounds) -> Bounds {
        Bounds(
            low: Point(min(low.x, other.low.x), min(low.y, other.low.y), min(low.z, other.low.z)),
            high: Point(max(high.x, other.high.x), max(high.y, other.high.y), max(high.z, other.high.z)))
    }

    func intersection(_ other: Bounds) -> Bounds {
        Bounds(
            low: Point(max(low.x, other.low.x), max(low.y, other.low.y), max(low.z, other.low.z)),
            high: Point(min(high.x, other.high.x), min(high.y, other.high.y), min(high.z, other.high.z)))
    }

    func contains(_ x: Double, _ y: Double, _ z: Double) -> Bool {
        x >= low.x && x <= high.x && y >= low.y && y <= high.y && z >= low.z && z <= high.z
    }
}
