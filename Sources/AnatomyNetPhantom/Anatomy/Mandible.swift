/// The lower jaw: body, angle, ramus with coronoid and condylar process; a cortex around marrow.
struct Mandible {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .mandible)
        let height = draw.uniform(0.86...1.12)
        let stoutness = draw.uniform(0.88...1.15)
        let chin = draw.uniform(-2.5...2.5)
        let cortex = draw.uniform(1.7...2.7)
        var parts: [any Solid] = []
        for side in Side.allCases {
            let w = 5.9 * stoutness * draw.uniform(0.95...1.05)
            let h = 14.6 * height
            let body = Tube(
                [
                    .init(0, -84 + chin, -76, h, w * 1.05), .init(12, -81 + chin, -75.5, h, w),
                    .init(23, -69.5, -73, h * 0.96, w * 0.95), .init(32, -55, -69.5, h * 0.97, w),
                    .init(39.5, -40, -65, h, w * 0.95), .init(44.5, -27, -60, h * 0.96, w * 0.82),
                ], wide: Point(0, 0, 1)
            ).onSide(side)
            let ramus = Tube(
                [
                    .init(45.5, -25, -58, 14, w * 0.8), .init(46.5, -27, -40, 15.5, w * 0.72),
                    .init(47, -27.5, -26, 15.5, w * 0.66),
                ], wide: Point(0, 1, 0)
            ).onSide(side)
            let coronoid = Tube(
                [.init(47, -36, -26, 7, w * 0.6), .init(46.5, -40, -8, 3, 2)], wide: Point(0, 1, 0)
            ).onSide(side)
            let condyle = Union(
                [
                    Tube(
                        [.init(48, -19, -26, 7, w * 0.65), .init(50, -14, -10, 4.6, 4.6)],
                        wide: Point(0, 1, 0)
                    )
                    .onSide(side),
                    Ellipsoid(Point(50, -13, -7).onSide(side), radii: Point(9.2, 4.6, 4.4)),
                ], blend: 3)
            parts += [body, ramus, coronoid, condyle]
        }
        parts.append(Ellipsoid(Point(0, -88 + chin, -84), radii: Point(11, 5, 7)))
        scene.add(
            Union(parts, blend: 4),
            [
                Layer(depth: 0, tissue: tissues.corticalBone, marking: .organ(.mandible)),
                Layer(depth: cortex, tissue: tissues.mandibleMarrow, marking: .organ(.mandible)),
            ])
    }
}
