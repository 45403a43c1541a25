/// What the cranial cavity holds: ventricles, fissures and cisterns, cerebellum, deep grey matter, falx and
/// tentorium, the brain stem, and the cord as far as the atlas.
struct Brain {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, in cavity: CranialCavity, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .brain)
        let inside = Grown(cavity.solid, by: -0.5)
        addCerebrum(to: &scene, inside, tissues, &draw)
        addCerebellum(to: &scene, inside, tissues, &draw)
        addCisterns(to: &scene, tissues)
        addStem(to: &scene, tissues, &draw)
    }

    private func addCerebrum(
        to scene: inout Scene, _ inside: Grown, _ tissues: Tissues, _ draw: inout RandomStream
    ) {
        let age = draw.uniform(0...1)
        let fluid = tissues.cerebrospinalFluid
        for _ in 0..<26 {
            // Sulci: sheets of fluid that run in from the surface.
            let side = draw.chance(0.5) ? 1.0 : -1.0
            let y = draw.uniform(-62...72)
            let z = draw.uniform(48...96)
            let depth = draw.uniform(0.62...0.8)
            let lateral = side * draw.uniform(30...62)
            let slant = draw.uniform(-10...10)
            let width = 0.7 + 0.9 * age
            let sulcus = Tube(
                [
                    .init(lateral * 1.05, y, z + 6, 9, width),
                    .init(lateral * depth, (y + slant) * depth, 50 + (z - 50) * depth, 7, width * 0.7),
                ], wide: Point(draw.uniform(-0.3...0.3), draw.uniform(-1...1), draw.uniform(0.2...1)))
            scene.add(Intersection(sulcus, inside), fluid)
        }
        for side in Side.allCases {
            let deep = [
                Ellipsoid(Point(11, 3, 45).onSide(side), radii: Point(9, 15, 9)),
                Ellipsoid(Point(24, -10, 44).onSide(side), radii: Point(6, 16, 10)),
            ]
            scene.add(deep, tissues.grayMatter)
            let sylvian = Tube(
                [
                    .init(34, -24, 34, 6, 1.5 + age), .init(52, -16, 40, 8, 1.6 + age),
                    .init(58, 10, 50, 8, 1.3 + age),
                ], wide: Point(0.2, 0.3, 1)
            ).onSide(side, shift: Point(0, draw.uniform(-3...3), draw.uniform(-2...2)))
            scene.add(Intersection(sylvian, inside), fluid)
            let size = (0.75 + 0.8 * age) * draw.uniform(0.85...1.15)
            let ventricle = Tube(
                [
                    .init(9, -28, 52, 5, 3), .init(9, -8, 60, 5.5, 3.6), .init(14, 18, 62, 6, 4.5),
                    .init(25, 40, 50, 7.5, 6), .init(27, 56, 44, 4, 3),
                ], wide: Point(0.5, 0, 1)
            ).onSide(side, thickness: size)
            scene.add(ventricle, fluid)
        }
        scene.add(RoundedBox(Point(0, 2, 45), half: Point(1.8 + 1.6 * age, 13, 9), rounding: 1.7), fluid)
        let falx = Difference(
            RoundedBox(Point(0, 5, 84), half: Point(2.2, 80, 34), rounding: 1),
            minus: Ellipsoid(Point(0, 2, 56), radii: Point(20, 46, 20)))
        scene.add(
            Intersection(falx, Grown(inside, by: 1)),
            [
                Layer(depth: 0, tissue: fluid, marking: .background),
                Layer(depth: 1.3, tissue: tissues.mucosa, marking: .background),
            ])
    }

    private func addCerebellum(
        to scene: inout Scene, _ inside: Grown, _ tissues: Tissues, _ draw: inout RandomStream
    ) {
        let cerebellum = Ellipsoid(
            Point(draw.uniform(-1.5...1.5), 46, 1), radii: Point(46, draw.uniform(30...33), 23))
        scene.add(
            Intersection(cerebellum, inside),
            [
                Layer(depth: -1.6, tissue: tissues.cerebrospinalFluid, marking: .background),
                Layer(depth: 0, tissue: tissues.grayMatter, marking: .background),
                Layer(depth: 9, tissue: tissues.whiteMatter, marking: .background),
            ])
        for side in Side.allCases {
            let tentorium = Tube(
                [.init(2, 36, 41, 22, 0.9), .init(46, 40, 21, 26, 0.9)], wide: Point(0, 1, -0.25)
            ).onSide(side)
            scene.add(Intersection(tentorium, inside), tissues.mucosa)
        }
    }

    private func addCisterns(to scene: inout Scene, _ tissues: Tissues) {
        let suprasellar = Union(
            [
                Ellipsoid(Point(0, -20, 32), radii: Point(17, 14, 8.5)),
                Ellipsoid(Point(0, -9, 30), radii: Point(13, 9, 9)),
            ], blend: 6)
        scene.add(suprasellar, tissues.cerebrospinalFluid)
        for side in Side.allCases {
            let ambient = Tube(
                [
                    .init(12, -9, 29, 5, 2.4), .init(20, 3, 29, 5, 1.8), .init(16, 17, 31, 5, 2),
                    .init(3, 22, 33, 5, 3),
                ], wide: Point(0, 0, 1)
            ).onSide(side)
            let angle = Tube(
                [.init(8, -5, 10, 8, 4), .init(22, 4, 4, 6, 4), .init(30, 12, 2, 4, 3)], wide: Point(0, 0, 1)
            ).onSide(side)
            scene.add([ambient, angle], tissues.cerebrospinalFluid)
        }
        scene.add(Ellipsoid(Point(0, 52, -19), radii: Point(16, 16, 6)), tissues.cerebrospinalFluid)
    }

    private func addStem(to scene: inout Scene, _ tissues: Tissues, _ draw: inout RandomStream) {
        let size = draw.uniform(0.92...1.06)
        let top = draw.uniform(36...39)
        func section(_ z: Double, _ middle: Double, _ width: Double, _ depth: Double) -> Loft.Section {
            .init(z: z, middle: middle, halfWidth: width * size, front: depth * size, back: depth * size)
        }
        // The fluid in front of the stem and beside it: the stem itself, moved forward and made wider.
        let pontine = Loft([
            section(30, 4, 17, 13.5), section(20, 3.5, 17, 14.5), section(10, 4.5, 18.5, 16.5),
            section(0, 7.5, 17.5, 15), section(-8, 12, 14, 11.5), section(-18, 17.5, 13.5, 12),
            section(-26, 21.5, 14.5, 13.5), section(-34, 23, 13.5, 12),
        ])
        scene.add(pontine, tissues.cerebrospinalFluid)
        for side in Side.allCases {
            let peduncles: [any Solid] = [
                Tube([.init(13, 10, 8, 13), .init(26, 28, 6, 12)]).onSide(side),
                Tube([.init(8, 2, 34, 10), .init(14, 0, 46, 12)]).onSide(side),
            ]
            scene.add(peduncles, tissues.whiteMatter)
        }
        scene.add(Tube([.init(0, 7, 38, 14, 11), .init(0, 7, 45, 16, 12)]), tissues.whiteMatter)
        let cord = Tube([
            .init(0, 20.5, -20, 7.5, 6.3), .init(0, 23.5, -32, 7, 5), .init(0, 26, -48, 6.8, 4.6),
        ])
        scene.add(cord, tissues.brainStem)
        let stem = Loft([
            section(top, 5, 15, 10.5), section(30, 5.5, 16.5, 12), section(23, 6, 16, 12.5),
            section(17, 6, 17, 14), section(9, 7.5, 18, 15), section(2, 9.5, 16.5, 13.5),
            section(-5, 13, 12, 9.8), section(-15, 17.5, 8.8, 7.6), section(-24, 21, 7.4, 6.2),
        ])
        scene.add(stem, tissues.brainStem, marking: .organ(.brainStem))
        let fourthVentricle = Tube([
            .init(0, 24.5, 12, 5, 2.2), .init(0, 26.5, 1, 9, 3.4), .init(0, 27, -8, 3, 2.4),
        ])
        scene.add(fourthVentricle, tissues.cerebrospinalFluid)
        let basilar = Tube([.init(1, -5.5, 20, 1.8), .init(-1, -10, 8, 1.9), .init(1, 0, -8, 1.8)])
        scene.add(basilar, tissues.artery)
    }
}
