/// The base of the skull: clivus and sella with the sphenoid sinus, petrous bones with the ear canals, mastoids,
/// styloids, pterygoid plates, condyles of the occiput.
struct Skull {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, _ tissues: Tissues) {
        // A topic of its own for the base: the vault draws from `.skull`.
        var draw = RandomStream(seed: seed, topic: .face)
        let clivus = Tube([.init(0, -17, 17, 13, 5), .init(0, -9, 4, 12, 4.5), .init(0, -1, -17, 11, 4)])
        let sphenoid = Ellipsoid(Point(0, -29, 12), radii: Point(19, 14, 12.5))
        let dorsum = Tube([.init(0, -13.5, 20, 8, 2), .init(0, -14, 26, 7, 1.8)])
        let tuberculum = Tube([.init(0, -33, 22, 12, 3), .init(0, -36, 28, 14, 2)])
        scene.add(
            Union([clivus, sphenoid, dorsum, tuberculum], blend: 4),
            [
                Layer(depth: 0, tissue: tissues.corticalBone, marking: .background),
                Layer(depth: 2.2, tissue: tissues.cancellousBone, marking: .background),
            ])
        scene.add(Ellipsoid(Point(0, -22.5, 22), radii: Point(7, 5.5, 5)), tissues.mucosa)
        for side in Side.allCases {
            addEar(to: &scene, side, tissues, &draw)
            let wing = Tube(
                [.init(14, -34, 29, 3.5, 2.4), .init(30, -44, 31, 5, 2), .init(52, -46, 34, 6, 3)],
                wide: Point(0, 1, 0)
            ).onSide(side)
            let floor = Tube(
                [.init(16, -26, 2, 10, 3), .init(40, -30, -2, 14, 3), .init(56, -20, -2, 14, 3)],
                wide: Point(0, 1, 0)
            ).onSide(side)
            let plates = [
                Tube([.init(12, -40, 0, 7, 1.4), .init(14, -38, -27, 5, 1)], wide: Point(0.3, 1, 0)).onSide(
                    side),
                Tube([.init(14, -40, 0, 7, 1.4), .init(21, -36, -25, 6, 1)], wide: Point(0.5, 1, 0)).onSide(
                    side),
            ]
            scene.add([wing, floor], tissues.corticalBone)
            scene.add(plates, tissues.thinBone)
            scene.add(
                Ellipsoid(Point(15, 11, -24).onSide(side), radii: Point(6, 11, 5)),
                [
                    Layer(depth: 0, tissue: tissues.corticalBone, marking: .background),
                    Layer(depth: 2, tissue: tissues.cancellousBone, marking: .background),
                ])
            let sinus = Ellipsoid(
                Point(8 + draw.uniform(-1.5...1.5), -30 + draw.uniform(-2...2), 10).onSide(side),
                radii: Point(7.2, draw.uniform(7...11), draw.uniform(5...9)))
            scene.add(sinus, draw.chance(0.08) ? tissues.mucosa : tissues.air)
        }
    }

    private func addEar(
        to scene: inout Scene, _ side: Side, _ tissues: Tissues, _ draw: inout RandomStream
    ) {
        let petrous = Tube([.init(56, 8, -1, 11, 10), .init(36, -1, 3, 8, 8), .init(17, -11, 6, 5, 5)])
        scene.add(petrous.onSide(side), tissues.petrousBone)
        let mastoid = Ellipsoid(Point(56, 20, -13).onSide(side), radii: Point(11, 13, 19))
        scene.add(
            mastoid,
            [
                Layer(depth: 0, tissue: tissues.corticalBone, marking: .background),
                Layer(depth: 2, tissue: tissues.diploe, marking: .background),
            ])
        let inner = Grown(mastoid, by: -1.5)
        for _ in 0..<draw.integer(8...26) {
            let cell = Ellipsoid(
                Point(
                    draw.uniform(48...63), draw.uniform(9...31), draw.uniform(-27...4)
                ).onSide(side),
                radii: Point(draw.uniform(1.6...3.4), draw.uniform(1.6...3.4), draw.uniform(1.6...4)))
            scene.add(Intersection(cell, inner), Tissue(mean: -850, fine: 150))
        }
        scene.add(Tube([.init(47, 6, -14, 2.2), .init(37, -5, -44, 1.4)]).onSide(side), tissues.corticalBone)
        let canal: [any Solid] = [
            Tube([.init(49, 1, 0, 3), .init(60, 0, 0, 3.2), .init(80, 1, -2, 3.6)]).onSide(side),
            Ellipsoid(Point(45, -1, 2).onSide(side), radii: Point(3, 4.5, 6)),
        ]
        scene.add(canal, tissues.air)
        let cochlea = Ellipsoid(Point(38, -2, 4).onSide(side), radii: Point(3, 3, 2.5))
        scene.add(cochlea, tissues.cerebrospinalFluid)
    }
}
