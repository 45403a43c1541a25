/// The muscles of chewing, of the tongue and of the neck.
struct Muscles {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, inside skin: any Solid, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .muscles)
        let bulk = draw.uniform(0.98...1.2)
        let beneath = Grown(skin, by: -draw.uniform(4...7))
        for muscle in Self.paired {
            let decrease = draw.uniform(-4...24)
            for side in Side.allCases {
                let tissue = tissues.muscle(fattedBy: decrease + draw.uniform(-3...3))
                let shift = Point(
                    draw.uniform(-1.5...1.5), draw.uniform(-1.5...1.5), draw.uniform(-1.5...1.5))
                let thickness = bulk * draw.uniform(0.93...1.07)
                scene.add(
                    Intersection(muscle.onSide(side, shift: shift, thickness: thickness), beneath), tissue)
            }
        }
        addTongue(to: &scene, tissues, &draw)
    }

    /// Described on the left.
    private static let paired: [Tube] = [
        // Trapezius, splenius and semispinalis, suboccipital muscles, levator scapulae, scalenes.
        Tube(
            [
                .init(12, 76, -34, 12, 4), .init(20, 72, -80, 20, 4.5), .init(38, 62, -125, 30, 6),
                .init(80, 54, -158, 38, 9),
            ], wide: Point(0.85, -0.45, 0)),
        Tube(
            [
                .init(24, 62, -26, 17, 5), .init(24, 60, -60, 19, 6), .init(20, 61, -110, 17, 7),
                .init(14, 66, -160, 12, 7),
            ], wide: Point(0.85, -0.5, 0)),
        Tube(
            [
                .init(14, 58, -28, 11, 8), .init(13, 52, -60, 11, 9), .init(14, 52, -110, 11, 10),
                .init(14, 58, -170, 11, 9),
            ]),
        Tube([.init(12, 40, -36, 10, 7), .init(20, 30, -46, 8, 7), .init(13, 40, -58, 9, 6)]),
        Tube([.init(22, 40, -60, 7, 7), .init(22, 40, -120, 8, 8), .init(24, 46, -165, 9, 8)]),
        Tube(
            [.init(38, 26, -44, 9, 6), .init(44, 36, -90, 12, 7), .init(56, 50, -145, 14, 7)],
            wide: Point(0.6, 0.8, 0)),
        Tube(
            [.init(25, 8, -64, 7, 5), .init(32, 8, -105, 11, 7), .init(42, 6, -155, 13, 8)],
            wide: Point(0.6, 0.8, 0)),
        Tube([.init(8, 1, -40, 6, 3.6), .init(9, 0, -90, 7, 4.2), .init(10, 10, -150, 7, 4)]),
        // Sternocleidomastoid.
        Tube(
            [
                .init(58, 22, -24, 14, 6.5), .init(54, 10, -58, 18, 7.5), .init(45, -6, -98, 19, 7),
                .init(30, -24, -140, 17, 6.5), .init(14, -34, -172, 11, 5),
            ], wide: Point(0.42, 0.9, 0)),
        // Strap muscles and omohyoid.
        Tube(
            [.init(10, -39, -82, 9, 2.6), .init(11, -40, -110, 11, 2.8), .init(10, -36, -160, 12, 3)],
            wide: Point(0.9, 0.35, 0)),
        // Masseter, temporalis, medial and lateral pterygoid.
        Tube(
            [.init(60, -42, -8, 14, 6), .init(57.5, -34, -32, 17, 7.5), .init(53, -26, -60, 13, 5)],
            wide: Point(0.18, 1, 0)),
        Tube(
            [
                .init(70, -4, 64, 34, 2), .init(67.5, -14, 42, 34, 3.6), .init(59, -33, 14, 18, 6),
                .init(52, -40, -8, 9, 6),
            ], wide: Point(-0.25, 1, 0)),
        Tube(
            [.init(21, -38, -14, 9, 5), .init(30, -32, -34, 11, 6.5), .init(38.5, -25, -56, 10, 4.5)],
            wide: Point(0.2, 1, 0)),
        Tube([.init(22, -40, -6, 9, 8), .init(34, -30, -8, 8, 8), .init(46, -17, -10, 5, 4)]),
        // Hyoglossus with the edge of mylohyoid: what the submandibular gland lies on.
        Tube(
            [.init(20, -22, -72, 12, 6), .init(22, -44, -75, 13, 6), .init(18, -64, -76, 10, 5)],
            wide: Point(-0.35, 0, 1)),
        // Digastric: posterior and anterior belly; stylohyoid.
        Tube(
            [.init(53, 14, -26, 6, 5), .init(43, -2, -50, 6.5, 5.5), .init(30, -26, -76, 4.5, 4)]),
        Tube(
            [.init(22, -42, -83, 4.5, 3), .init(13, -64, -90, 6.5, 4), .init(7, -78, -91, 5, 3.5)]),
        // Buccinator, and the ring of muscle around the mouth.
        Tube(
            [
                .init(42, -44, -40, 9, 2.2), .init(36, -66, -42, 9, 2.2), .init(25, -86, -44, 8, 2.6),
                .init(6, -97, -46, 9, 3.6),
            ], wide: Point(0, 0, 1)),
        // Frontalis and the eyelids' muscle are part of the skin at this scale; the platysma is not.
        Tube(
            [.init(47, -42, -86, 26, 1.1), .init(48, -26, -112, 24, 1.1)], wide: Point(0.6, 0.75, 0.3)),
        Tube(
            [.init(150, 30, -196, 34, 22), .init(176, 30, -260, 26, 22)], wide: Point(0, 1, 0)),
    ]

    private func addTongue(to scene: inout Scene, _ tissues: Tissues, _ draw: inout RandomStream) {
        let shift = Point(draw.uniform(-1.5...1.5), draw.uniform(-2...2), draw.uniform(-1.5...1.5))
        let floor = Union(
            [
                Tube(
                    [.init(0, -76, -80, 10, 5), .init(0, -60, -76, 24, 5), .init(0, -44, -78, 22, 5)]),
                Tube([.init(0, -76, -74, 8, 8), .init(0, -50, -70, 10, 10)]),
            ], blend: 6)
        scene.add(floor, tissues.muscle)
        let tongue = Union(
            [
                Ellipsoid(Point(0, -62, -49) + shift, radii: Point(20.5, 26, 15)),
                Ellipsoid(Point(0, -40, -60) + shift, radii: Point(19, 18, 19)),
            ], blend: 12)
        scene.add(
            tongue,
            [
                Layer(depth: -1.5, tissue: tissues.mucosa, marking: .background),
                Layer(
                    depth: 0,
                    tissue: Tissue(mean: tissues.muscle.mean - 6, fine: 22, coarse: 12),
                    marking: .background),
            ])
        scene.add(
            RoundedBox(Point(0, -56, -58) + shift, half: Point(1.1, 20, 14), rounding: 1),
            Tissue(mean: -20, fine: 30))
    }
}
