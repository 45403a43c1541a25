/// The bones of the middle face and the air in them: maxillae with their sinuses, nose with septum and
/// turbinates, ethmoid, frontal sinuses, cheekbones with the zygomatic arches, hard palate.
struct Face {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed &+ 1, topic: .face)
        let maxillae = Side.allCases.map { side in
            Ellipsoid(Point(25, -61, -8).onSide(side), radii: Point(19, 21, 20)) as any Solid
        }
        let nose = Ellipsoid(Point(0, -64, -4), radii: Point(19, 27, 22))
        let spine = Tube([.init(0, -84, -20, 6, 4), .init(0, -93, -21, 2, 2)])
        scene.add(
            Union(maxillae + [nose, spine], blend: 6),
            [
                Layer(depth: 0, tissue: tissues.thinBone, marking: .background),
                Layer(depth: 2.4, tissue: tissues.fat, marking: .background),
            ])
        let palate = RoundedBox(Point(0, -66, -23), half: Point(24, 26, 2.6), rounding: 2)
        scene.add(palate, tissues.thinBone)
        let brow = Ellipsoid(Point(0, -82, 37), radii: Point(32, 9, 11))
        scene.add(brow, tissues.corticalBone)
        let nasalBone = Tube([.init(0, -90, 30, 6, 2), .init(0, -99, 13, 5, 1.4)])
        scene.add(nasalBone, tissues.thinBone)
        for side in Side.allCases {
            addCheek(to: &scene, side, tissues, &draw)
            addNasalCavity(to: &scene, side, tissues, &draw)
            addEthmoid(to: &scene, side, tissues, &draw)
            let frontal = Ellipsoid(
                Point(11, -84, 38).onSide(side),
                radii: Point(draw.uniform(5...12), draw.uniform(2.5...4.5), draw.uniform(5...10)))
            scene.add(frontal, tissues.air)
        }
        let septum = RoundedBox(Point(0, -66, -2), half: Point(1.3, 24, 19), rounding: 1)
        scene.add(septum, Tissue(mean: 90, fine: 90))
    }

    private func addCheek(
        to scene: inout Scene, _ side: Side, _ tissues: Tissues, _ draw: inout RandomStream
    ) {
        let pieces: [any Solid] = [
            Ellipsoid(Point(47, -65, -3), radii: Point(11, 9, 10)),
            Tube([.init(52, -64, 2, 3.5, 5), .init(52, -62, 26, 3, 4)]),
            Tube(
                [
                    .init(54, -62, -3, 4.5, 2.6), .init(65, -44, -3, 4, 2.2), .init(67, -24, -2, 4, 2),
                    .init(62, -8, 1, 5, 3),
                ], wide: Point(0, 0, 1)),
        ]
        let bone = OnSide(Union(pieces, blend: 5), side)
        scene.add(
            bone,
            [
                Layer(depth: 0, tissue: tissues.corticalBone, marking: .background),
                Layer(depth: 2.6, tissue: tissues.cancellousBone, marking: .background),
            ])
        let size = draw.uniform(0.85...1.05)
        let sinus = Ellipsoid(
            Point(26.5, -60, -6).onSide(side), radii: Point(13 * size, 17 * size, 16.5 * size))
        // Usually a film of mucosa; sometimes a swollen one; rarely a sinus full of fluid.
        let swelling = draw.chance(0.3) ? draw.uniform(2...6) : 0.7
        var layers = [
            Layer(depth: -1.8, tissue: tissues.thinBone, marking: .background),
            Layer(depth: 0, tissue: tissues.mucosa, marking: .background),
        ]
        if !draw.chance(0.06) {
            layers.append(Layer(depth: swelling, tissue: tissues.air, marking: .background))
        }
        scene.add(sinus, layers)
    }

    private func addNasalCavity(
        to scene: inout Scene, _ side: Side, _ tissues: Tissues, _ draw: inout RandomStream
    ) {
        let deviation = draw.uniform(-1.2...1.2)
        let cavity = Union(
            [
                Ellipsoid(Point(6.5 + deviation, -64, -5).onSide(side), radii: Point(6, 27, 16)),
                Tube([.init(6, -84, -9, 5, 5), .init(6.5, -94, -13, 3.4, 3.4)]).onSide(side),
            ], blend: 5)
        scene.add(
            cavity,
            [
                Layer(depth: -1, tissue: tissues.mucosa, marking: .background),
                Layer(depth: 0, tissue: tissues.air, marking: .background),
            ])
        let swelling = draw.uniform(0.8...1.25)
        let turbinates = [
            Ellipsoid(Point(9, -66, -13).onSide(side), radii: Point(3.2 * swelling, 18, 4.6 * swelling)),
            Ellipsoid(Point(8, -62, -1).onSide(side), radii: Point(2.4 * swelling, 15, 4.2)),
        ]
        scene.add(turbinates, tissues.mucosa)
    }

    private func addEthmoid(
        to scene: inout Scene, _ side: Side, _ tissues: Tissues, _ draw: inout RandomStream
    ) {
        let labyrinth = RoundedBox(
            Point(8, -60, 18).onSide(side), half: Point(8, 21, 10.5), rounding: 4)
        scene.add(
            labyrinth,
            [
                Layer(depth: 0, tissue: tissues.thinBone, marking: .background),
                Layer(depth: 1.6, tissue: Tissue(mean: -350, fine: 260), marking: .background),
            ])
        for row in 0..<5 {
            for level in 0..<2 {
                let cell = Ellipsoid(
                    Point(
                        8 + draw.uniform(-1.2...1.2), -77 + 8.4 * Double(row) + draw.uniform(-1...1),
                        13 + 9.5 * Double(level) + draw.uniform(-1...1)
                    ).onSide(side),
                    radii: Point(
                        draw.uniform(4.6...6.2), draw.uniform(3.2...4.4), draw.uniform(3.6...4.8)))
                scene.add(cell, draw.chance(0.1) ? tissues.mucosa : tissues.air)
            }
        }
    }
}
