/// The couch and the head rest: foam in thin shells. They belong to the room and stay level whatever the pose.
struct Couch {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    /// - Parameters:
    ///   - back: the largest y the patient reaches, in mm of the room.
    ///   - neck: the z of the patient's second cervical vertebra in the room.
    func scene(back: Double, neck: Double) -> Scene {
        var draw = RandomStream(seed: seed, topic: .couch)
        var scene = Scene()
        let top = back + draw.uniform(6...22)
        let thickness = draw.uniform(38...60)
        let width = draw.uniform(210...260)
        let sag = draw.uniform(-0.0012...0)
        let shell = Tissue(mean: draw.uniform(-250 ... -30), fine: 40)
        let foam = Tissue(mean: draw.uniform(-965 ... -900), fine: 12)
        scene.add(
            CurvedSlab(top: top, thickness: thickness, halfWidth: width, sag: sag),
            [
                Layer(depth: 0, tissue: shell, marking: .background),
                Layer(depth: 2, tissue: foam, marking: .background),
            ])
        let rest = Union(
            [
                RoundedBox(
                    Point(0, top - 8, neck + 60), half: Point(draw.uniform(80...100), 16, 95), rounding: 8),
                Tube([.init(-70, top - 18, neck - 42, 30, 20), .init(70, top - 18, neck - 42, 30, 20)]),
            ], blend: 20)
        let aboveTable = Intersection(
            rest, HalfSpace(through: Point(0, top - 1, 0), outward: Point(0, 1, 0)))
        scene.add(
            aboveTable,
            [
                Layer(depth: 0, tissue: shell, marking: .background),
                Layer(depth: 1.6, tissue: foam, marking: .background),
            ])
        return scene
    }
}

/// A couch top without end, bent along x.
private struct CurvedSlab: Solid {
    let top: Double
    let thickness: Double
    let halfWidth: Double
    /// The y of the surface is `top + sag · x²`.
    let sag: Double

    var bounds: Bounds {
        Bounds(
            low: Point(-halfWidth, top + sag * halfWidth * halfWidth, -1e4),
            high: Point(halfWidth, top + thickness, 1e4))
    }

    func distance(_ p: Point) -> Double {
        let surface = top + sag * p.x * p.x
        return max(max(surface - p.y, p.y - top - thickness), abs(p.x) - halfWidth)
    }
}
