/// The vertebrae from the atlas to the sixth thoracic, discs, the canal with cord and fluid; shoulder girdle,
/// upper ribs and lung tops.
struct Spine {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    /// Centres of the bodies from the second cervical to the sixth thoracic vertebra.
    private static let bodies: [(y: Double, z: Double)] = [
        (10, -51), (10.5, -68), (10.5, -85), (12, -102), (15, -119), (20, -137), (27, -157), (35, -178),
        (43, -200), (49, -223), (53, -246),
    ]

    func add(to scene: inout Scene, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .spine)
        addShoulders(to: &scene, tissues)
        let canal =
            [Tube.Node(0, 23, -24, 13, 12), .init(0, 24, -34, 12, 10)]
            + Self.bodies.map { .init(0, $0.y + 17, $0.z, 10.5, 7.8) }
        for index in 0..<Self.bodies.count - 1 {
            let upper = Self.bodies[index]
            let lower = Self.bodies[index + 1]
            let z = (upper.z + lower.z) / 2
            scene.add(
                Ellipsoid(Point(0, (upper.y + lower.y) / 2, z), radii: Point(10, 8.5, 4)), tissues.disc)
        }
        for (index, body) in Self.bodies.enumerated() {
            addVertebra(to: &scene, index, body, tissues, &draw)
        }
        addAtlasAndDens(to: &scene, tissues)
        scene.add(Tube(canal), tissues.cerebrospinalFluid)
        let cord =
            [Tube.Node(0, 22, -24, 7.3, 6)]
            + canal.dropFirst().map { node in
                Tube.Node(0, node.center.y + 0.5, node.center.z, 6.8, 4.4)
            }
        scene.add(Tube(cord), tissues.brainStem)
    }

    private func addVertebra(
        to scene: inout Scene, _ index: Int, _ body: (y: Double, z: Double), _ tissues: Tissues,
        _ draw: inout RandomStream
    ) {
        let (y, z) = body
        let isThoracic = index > 5
        let half = isThoracic ? Point(14, 10.5, 8.6) : Point(12, 8.5, 7.2)
        var parts: [any Solid] = [RoundedBox(Point(0, y, z), half: half, rounding: 4)]
        let length = index == 0 ? 26 : index < 4 ? 20 + draw.uniform(-2...2) : 32
        parts.append(
            Tube([
                .init(0, y + 27, z - 3, 3, 4), .init(0, y + 25 + length * 0.7, z - length * 0.45, 2.6, 3.2),
            ]))
        for side in Side.allCases {
            let pillar = Tube([.init(20, y + 14, z + 5, 5.5, 5), .init(20, y + 18, z - 7, 5.5, 4.5)])
            let lamina = Tube(
                [.init(19, y + 18, z - 2, 6, 2.4), .init(2, y + 27, z - 4, 6, 2.6)], wide: Point(0, 0, 1))
            let process = Tube([
                .init(12, y + 5, z, 3.5), .init(isThoracic ? 36 : 26, y + (isThoracic ? 24 : 6), z - 2, 3),
            ])
            parts += [pillar.onSide(side), lamina.onSide(side), process.onSide(side)]
        }
        scene.add(
            Union(parts, blend: 2.5),
            [
                Layer(depth: 0, tissue: tissues.corticalBone, marking: .background),
                Layer(depth: 1.5, tissue: tissues.cancellousBone, marking: .background),
            ])
    }

    private func addAtlasAndDens(to scene: inout Scene, _ tissues: Tissues) {
        let bone = [
            Layer(depth: 0, tissue: tissues.corticalBone, marking: .background),
            Layer(depth: 1.8, tissue: tissues.cancellousBone, marking: .background),
        ]
        scene.add(
            Tube([.init(0, 10, -50, 6.5, 6), .init(0, 9, -38, 5, 5), .init(0, 9, -29, 4.2, 4.5)]), bone)
        let arch = Tube(
            [.init(-18, 9, -35, 5, 3.4), .init(0, 0.5, -34, 5, 3), .init(18, 9, -35, 5, 3.4)],
            wide: Point(0, 0, 1))
        scene.add(arch, bone)
        for side in Side.allCases {
            let half = Union(
                [
                    Ellipsoid(Point(20, 14, -35).onSide(side), radii: Point(8, 9, 6.5)),
                    Tube([.init(26, 16, -35, 3.5), .init(38, 18, -36, 4)]).onSide(side),
                    Tube(
                        [
                            .init(20, 21, -36, 3.6, 2.8), .init(14, 36, -37, 3.8, 2.6),
                            .init(0, 42, -38, 4.4, 2.8),
                        ],
                        wide: Point(0, 0, 1)
                    ).onSide(side),
                ], blend: 3)
            scene.add(half, bone)
        }
    }

    private func addShoulders(to scene: inout Scene, _ tissues: Tissues) {
        for side in Side.allCases {
            let lung = Intersection(
                Ellipsoid(Point(58, 22, -290).onSide(side), radii: Point(48, 66, 108)),
                HalfSpace(through: Point(10, 0, 0).onSide(side), outward: Point(-1, 0, 0).onSide(side)),
                blend: 14)
            scene.add(
                lung,
                [
                    Layer(depth: -1.5, tissue: tissues.muscle, marking: .background),
                    Layer(depth: 0, tissue: tissues.lung, marking: .background),
                ])
            for rib in 0..<6 {
                let z = -178 - 21 * Double(rib)
                let reach = 44 + 11 * Double(min(rib, 3))
                let bow = Tube(
                    [
                        .init(18, 62, z + 8, 4, 3), .init(reach * 0.75, 68, z + 4, 5, 2.6),
                        .init(reach + 8, 34, z - 6, 5, 2.6), .init(reach, -14, z - 18, 5, 2.6),
                        .init(30, -42, z - 26, 5, 2.6),
                    ], wide: Point(0, 0, 1)
                ).onSide(side)
                scene.add(bow, tissues.thinBone)
            }
            let bone = [
                Layer(depth: 0, tissue: tissues.corticalBone, marking: .background),
                Layer(depth: 2, tissue: tissues.cancellousBone, marking: .background),
            ]
            scene.add(
                Tube([
                    .init(14, -34, -176, 8), .init(50, -38, -168, 5.5), .init(100, -4, -164, 5.5),
                    .init(148, 18, -164, 7),
                ]).onSide(side), bone)
            scene.add(
                OnSide(
                    Union(
                        [
                            Ellipsoid(Point(166, 28, -186), radii: Point(23, 23, 23)),
                            Tube([.init(168, 28, -196, 16), .init(176, 28, -290, 12)]),
                        ], blend: 8), side), bone)
            scene.add(
                Tube(
                    [.init(140, 48, -180, 16, 4), .init(92, 78, -210, 30, 3), .init(84, 86, -280, 28, 3)],
                    wide: Point(1, 0.2, -0.4)
                ).onSide(side), bone)
        }
        scene.add(
            Tube([.init(0, -38, -186, 20, 6), .init(0, -58, -290, 16, 6)]),
            [
                Layer(depth: 0, tissue: tissues.thinBone, marking: .background),
                Layer(depth: 2, tissue: tissues.cancellousBone, marking: .background),
            ])
    }
}
