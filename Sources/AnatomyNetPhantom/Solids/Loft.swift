/// A solid given by its axial cross-sections, each an ellipse whose front and back half differ: trunk, neck,
/// face, brain stem.
struct Loft: Solid {
    struct Section {
        var z: Double
        /// The y of the widest place.
        var middle: Double
        var halfWidth: Double
        /// How far the section reaches in front of the widest place, and behind it.
        var front: Double
        var back: Double
    }

    private let sections: [Section]

    /// - Parameter sections: at least two, from the highest z to the lowest.
    init(_ sections: [Section]) {
        self.sections = sections
    }

    var bounds: Bounds {
        var low = Point(.infinity, .infinity, sections[sections.count - 1].z)
        var high = Point(-.infinity, -.infinity, sections[0].z)
        // A smooth curve through the sections may pass a little beyond them.
        let slack = 1.1
        for section in sections {
            low.x = min(low.x, -section.halfWidth * slack)
            high.x = max(high.x, section.halfWidth * slack)
            low.y = min(low.y, section.middle - section.front * slack)
            high.y = max(high.y, section.middle + section.back * slack)
        }
        return Bounds(low: low, high: high)
    }

    func distance(_ p: Point) -> Double {
        var index = 0
        while index < sections.count - 2 && p.z < sections[index + 1].z {
            index += 1
        }
        let above = sections[index]
        let below = sections[index + 1]
        let t = min(max((above.z - p.z) / (above.z - below.z), 0), 1)
        let before = sections[max(index - 1, 0)]
        let after = sections[min(index + 2, sections.count - 1)]
        let middle = Self.curve(before.middle, above.middle, below.middle, after.middle, t)
        let halfWidth = Self.curve(before.halfWidth, above.halfWidth, below.halfWidth, after.halfWidth, t)
        let front = Self.curve(before.front, above.front, below.front, after.front, t)
        let back = Self.curve(before.back, above.back, below.back, after.back, t)
        let depth = p.y < middle ? front : back
        let x = p.x / halfWidth
        let y = (p.y - middle) / depth
        let gx = x / halfWidth
        let gy = y / depth
        let inPlane = ellipticDistance(
            (x * x + y * y).squareRoot(), (gx * gx + gy * gy).squareRoot(),
            limit: min(halfWidth * (chord(y * y) - abs(x)), depth * (chord(x * x) - abs(y))))
        return max(inPlane, max(p.z - sections[0].z, sections[sections.count - 1].z - p.z))
    }

    /// A Catmull–Rom curve between `b` and `c`.
    private static func curve(_ a: Double, _ b: Double, _ c: Double, _ d: Double, _ t: Double) -> Double {
        let first = (c - a) * t
        let second = (2 * a - 5 * b + 4 * c - d) * t * t
        let third = (3 * b - a - 3 * c + d) * t * t * t
        return b + 0.5 * (first + second + third)
    }
}
