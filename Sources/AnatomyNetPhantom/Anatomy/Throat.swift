/// Pharynx, larynx, trachea, oesophagus, thyroid gland, tonsils; and the air in them.
struct Throat {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    private static func pharynx(opening: Double) -> any Solid {
        Union(
            [
                Ellipsoid(Point(0, -34, -9), radii: Point(13, 8, 13)),
                Tube([
                    .init(0, -30, -16, 12, 6 * opening), .init(0, -20, -36, 10, 4.5 * opening),
                    .init(0, -15, -58, 12, 5 * opening), .init(0, -16, -76, 14, 6 * opening),
                    .init(0, -23, -88, 8, 6),
                ]),
            ], blend: 4)
    }

    private static let windpipe = Tube([
        .init(0, -24, -88, 7, 8), .init(0, -28, -97, 4, 8.5), .init(0, -28, -103, 2, 8.5),
        .init(0, -26, -110, 7.5, 8.5), .init(0, -22, -124, 8.5, 8.5), .init(0, -6, -165, 9, 9),
        .init(0, 8, -215, 9, 9), .init(0, 14, -280, 9, 9),
    ])

    func addSoftTissue(to scene: inout Scene, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .throat)
        let opening = draw.uniform(0.6...1.3)
        scene.add(Grown(Self.pharynx(opening: opening), by: 4), tissues.mucosa)
        scene.add(Grown(Self.windpipe, by: 2.2), Tissue(mean: 70, fine: 30, coarse: 30))
        let palate = Tube([.init(0, -44, -24, 16, 4), .init(0, -32, -31, 14, 5), .init(0, -25, -43, 6, 4)])
        scene.add(palate, tissues.mucosa)
        let gullet = Tube([
            .init(0, -8, -104, 8, 4), .init(2, -7, -124, 8, 4.5), .init(4, 6, -165, 8, 5),
            .init(3, 24, -230, 8, 5),
        ])
        scene.add(gullet, tissues.mucosa)
        let larynx = Ellipsoid(Point(0, -26, -97), radii: Point(17, 15, 14))
        scene.add(larynx, Tissue(mean: 30, fine: 40, coarse: 25))
        for side in Side.allCases {
            let size = draw.uniform(0.8...1.25)
            scene.add(
                Ellipsoid(Point(18, -20, -125).onSide(side), radii: Point(7.5, 9, 20) * size),
                tissues.thyroidGland)
            scene.add(
                Ellipsoid(
                    Point(16, -24, -42).onSide(side), radii: Point(5.5, 7, 11) * draw.uniform(0.7...1.2)),
                tissues.tonsil)
            let plate = Tube(
                [.init(1, -43, -96, 11, 1.3), .init(18, -22, -95, 13, 1.4)], wide: Point(0, 0, 1)
            ).onSide(side)
            let horn = Tube([.init(18, -21, -84, 1.6), .init(20, -17, -76, 1.4)]).onSide(side)
            let cricoid = Tube(
                [.init(0, -36, -110, 2.6, 1.6), .init(11, -28, -108, 4, 1.8), .init(0, -15, -105, 9, 2.4)],
                wide: Point(0, 0, 1)
            ).onSide(side)
            scene.add([plate, horn, cricoid], tissues.cartilage)
        }
        scene.add(
            Tube(
                [.init(-16, -27, -132, 5, 3), .init(0, -33, -131, 5, 2.5), .init(16, -27, -132, 5, 3)],
                wide: Point(0, 0, 1)), tissues.thyroidGland)
        let hyoid = Tube(
            [
                .init(-22, -14, -73, 2.2, 1.5), .init(-15, -34, -77, 3, 2), .init(0, -43, -79, 4.5, 2.6),
                .init(15, -34, -77, 3, 2), .init(22, -14, -73, 2.2, 1.5),
            ], wide: Point(0, 0, 1))
        scene.add(hyoid, tissues.thinBone)
    }

    func addAirway(to scene: inout Scene, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .throat)
        let opening = draw.uniform(0.6...1.3)
        scene.add(Self.pharynx(opening: opening), tissues.air)
        scene.add(Self.windpipe, tissues.air)
        // The uvula and the epiglottis hang in the air.
        scene.add(Tube([.init(0, -27, -38, 7, 3.4), .init(0, -23, -47, 3, 2.6)]), tissues.mucosa)
        scene.add(
            Tube([.init(0, -33, -84, 8, 1.3), .init(0, -24, -73, 9, 1.2)]), Tissue(mean: 60, fine: 15))
        if draw.chance(0.5) {
            let gap = Ellipsoid(
                Point(draw.uniform(-4...4), -58 + draw.uniform(-8...8), -31),
                radii: Point(draw.uniform(8...17), draw.uniform(8...20), draw.uniform(1.2...3.5)))
            scene.add(gap, tissues.air)
        }
    }
}
