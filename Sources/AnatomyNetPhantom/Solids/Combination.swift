/// Several solids grown together, with fillets of the given size where they meet.
struct Union: Solid {
    private let parts: [any Solid]
    private let blend: Double
    let bounds: Bounds

    init(_ parts: [any Solid], blend: Double = 0) {
        self.parts = parts
        self.blend = blend
        bounds = parts.dropFirst().reduce(parts[0].bounds) { $0.union($1.bounds) }.expanded(by: blend / 4)
    }

    func distance(_ p: Point) -> Double {
        var result = parts[0].distance(p)
        for index in 1..<parts.count {
            result = blended(result, parts[index].distance(p), blend)
        }
        return result
    }
}

/// What two solids have in common, with its edges rounded.
struct Intersection: Solid {
    private let first: any Solid
    private let second: any Solid
    private let blend: Double
    let bounds: Bounds

    init(_ first: any Solid, _ second: any Solid, blend: Double = 0) {
        self.first = first
        self.second = second
        self.blend = blend
        bounds = first.bounds.intersection(second.bounds)
    }

    func distance(_ p: Point) -> Double {
        let distance = first.distance(p)
        // Far outside the first solid the second one, often the whole skin, need not be asked.
        guard distance < 12 else { return distance }
        return -blended(-distance, -second.distance(p), blend)
    }
}

/// A solid without what another one takes away.
struct Difference: Solid {
    private let whole: any Solid
    private let removed: any Solid

    init(_ whole: any Solid, minus removed: any Solid) {
        self.whole = whole
        self.removed = removed
    }

    var bounds: Bounds { whole.bounds }

    func distance(_ p: Point) -> Double {
        max(whole.distance(p), -removed.distance(p))
    }
}

/// A solid grown (or, with a negative amount, shrunk) by some millimetres on every side.
struct Grown: Solid {
    private let solid: any Solid
    private let amount: Double

    init(_ solid: any Solid, by amount: Double) {
        self.solid = solid
        self.amount = amount
    }

    var bounds: Bounds { solid.bounds.expanded(by: max(amount, 0)) }

    func distance(_ p: Point) -> Double { solid.distance(p) - amount }
}

/// The polynomial smooth minimum: the minimum, lowered by at most `blend`/4 where `a` and `b` differ by less
/// than `blend`.
@inline(__always)
private func blended(_ a: Double, _ b: Double, _ blend: Double) -> Double {
    guard blend > 0 else { return min(a, b) }
    let overlap = max(blend - abs(a - b), 0) / blend
    return min(a, b) - overlap * overlap * blend / 4
}
