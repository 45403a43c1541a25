/// The outside of the body: scalp, face with nose, lids, lips and ears, neck, shoulders and upper chest; and
/// the fat beneath the skin.
struct Surface {
    private let seed: UInt64
    private let scalp: Double
    private let cheeks: Double
    private let neck: Double
    private let noseLength: Double
    private let padding: Double
    private let hasMask: Bool

    init(seed: UInt64) {
        var draw = RandomStream(seed: seed, topic: .surface)
        self.seed = seed
        scalp = draw.uniform(4...7.5)
        cheeks = draw.uniform(-2.5...5)
        neck = draw.uniform(-4...9)
        noseLength = draw.uniform(-4...4)
        padding = draw.uniform(3...7)
        hasMask = draw.chance(0.35)
    }

    func skin(around cavity: CranialCavity) -> any Solid {
        let c = cheeks
        let n = neck
        let face = Loft([
            .init(z: 62, middle: -10, halfWidth: 56, front: 66, back: 70),
            .init(z: 45, middle: -10, halfWidth: 64, front: 80, back: 74),
            .init(z: 30, middle: -12, halfWidth: 68, front: 79, back: 76),
            .init(z: 15, middle: -14, halfWidth: 71, front: 73, back: 74),
            .init(z: 0, middle: -14, halfWidth: 73 + c * 0.4, front: 76, back: 76),
            .init(z: -20, middle: -12, halfWidth: 72 + c, front: 85, back: 78),
            .init(z: -45, middle: -8, halfWidth: 68 + c, front: 93, back: 82 + n * 0.5),
            .init(z: -62, middle: -4, halfWidth: 64 + c, front: 90, back: 80 + n),
            .init(z: -82, middle: 2, halfWidth: 61 + n, front: 84 + c, back: 76 + n),
            .init(z: -98, middle: 8, halfWidth: 60 + n, front: 65 + n, back: 70 + n),
            .init(z: -118, middle: 12, halfWidth: 61 + n, front: 62 + n * 0.6, back: 67 + n),
            .init(z: -138, middle: 16, halfWidth: 72 + n, front: 64 + n * 0.5, back: 66 + n),
            .init(z: -155, middle: 20, halfWidth: 106, front: 68, back: 70 + n),
            .init(z: -175, middle: 22, halfWidth: 168, front: 74, back: 74),
            .init(z: -195, middle: 24, halfWidth: 196, front: 84, back: 78),
            .init(z: -230, middle: 26, halfWidth: 208, front: 96, back: 82),
            .init(z: -300, middle: 26, halfWidth: 206, front: 112, back: 84),
            .init(z: -700, middle: 26, halfWidth: 196, front: 118, back: 84),
        ])
        let nose = Tube([
            .init(0, -86, 30, 8, 8), .init(0, -97 - noseLength * 0.6, 10, 8, 9),
            .init(0, -106 - noseLength, -6, 9.5, 8.5),
        ])
        let alae = Ellipsoid(Point(0, -99, -10), radii: Point(16.5, 9, 7))
        let lips = Ellipsoid(Point(0, -93, -44), radii: Point(23, 10.5, 11))
        let chin = Ellipsoid(Point(0, -84, -78), radii: Point(24, 13 + cheeks * 0.3, 19))
        let lids = Side.allCases.map { side in
            Ellipsoid(Point(32, -71, 15).onSide(side), radii: Point(20, 16.5, 17)) as any Solid
        }
        let ears = Side.allCases.map { side in
            Tube(
                [
                    .init(75, 4, 24, 13, 2.6), .init(76.5, 3, 4, 14, 3), .init(73.5, 0, -17, 6, 3.5),
                ], wide: Point(0.45, 0.9, 0)
            ).onSide(side) as any Solid
        }
        let head = Union(
            [Grown(cavity.solid, by: cavity.thickness + scalp), face, chin, lips] + lids, blend: 11)
        return Union([head, Union([nose, alae], blend: 8)] + ears, blend: 5)
    }

    func add(to scene: inout Scene, skin: any Solid, _ tissues: Tissues) {
        if hasMask {
            // A thermoplastic mask: the face's surface once more, 3 mm further out, without its back.
            let front = Intersection(
                Intersection(
                    Grown(skin, by: 4.6), HalfSpace(through: Point(0, 10, 0), outward: Point(0, 1, 0))),
                HalfSpace(through: Point(0, 0, -150), outward: Point(0, 0, -1)))
            scene.add(Difference(front, minus: Grown(skin, by: 2.6)), Tissue(mean: -80, fine: 60))
        }
        scene.add(
            skin,
            [
                Layer(depth: 0, tissue: tissues.skin, marking: .background),
                Layer(depth: 1.8, tissue: tissues.fat, marking: .background),
                Layer(depth: 1.8 + padding, tissue: tissues.fascia, marking: .background),
            ])
        // Chest and shoulders are muscle, rising towards the neck like a tent.
        let trunk = Intersection(
            Grown(skin, by: -11), Ellipsoid(Point(0, 34, -480), radii: Point(330, 190, 326)), blend: 16)
        scene.add(trunk, tissues.muscle)
    }
}
