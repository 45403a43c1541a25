/// The parotid and submandibular glands and the vessels in and beside them.
struct Glands {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, inside skin: any Solid, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .glands)
        // Parotids turn to fat with age, submandibular glands less so; both sides alike, nearly.
        let fattiness = draw.unit()
        let enhancement = tissues.isEnhanced ? 18.0 : 0
        for side in Side.allCases {
            let parotid = Tissue(
                mean: 30 - 46 * fattiness + enhancement + draw.uniform(-5...5), fine: 22 + 22 * fattiness,
                coarse: 12 + 10 * fattiness)
            let submandibular = Tissue(
                mean: 42 - 18 * fattiness + 1.6 * enhancement + draw.uniform(-4...4), fine: 16, coarse: 8)
            addParotid(to: &scene, side, inside: skin, parotid, tissues, &draw)
            addSubmandibular(to: &scene, side, submandibular, tissues, &draw)
        }
    }

    private func addParotid(
        to scene: inout Scene, _ side: Side, inside skin: any Solid, _ tissue: Tissue, _ tissues: Tissues,
        _ draw: inout RandomStream
    ) {
        let size = draw.uniform(0.9...1.1)
        let shift = Point(draw.uniform(-1...1), draw.uniform(-3...3), draw.uniform(-4...4))
        let tail = draw.uniform(-6...6)
        let forward = draw.uniform(-5...5)
        let superficial = Ellipsoid(
            (Point(58.5, -13, -24) + shift).onSide(side),
            radii: Point(8.6 * size, 19 * size, 25 * size))
        let accessory = Ellipsoid(
            (Point(60, -29 - forward, -19) + shift).onSide(side), radii: Point(5.2, 13, 10) * size)
        let deep = Ellipsoid(
            (Point(48, -4, -21) + shift).onSide(side), radii: Point(12 * size, 9 * size, 19 * size))
        let lower = Ellipsoid(
            (Point(54, -8, -45 - tail * 0.5) + shift).onSide(side),
            radii: Point(8, 11, 14 + tail * 0.5) * size)
        let gland = Intersection(
            Union([superficial, accessory, deep, lower], blend: 6), Grown(skin, by: -4.5), blend: 2)
        scene.add(gland, tissue, marking: .organ(side.parotid))
        scene.add(
            Tube([.init(51, -9, -4, 1.9), .init(50, -8, -30, 2.1), .init(50, -7, -58, 2.3)]).onSide(side),
            tissues.vein, marking: .unchanged)
    }

    private func addSubmandibular(
        to scene: inout Scene, _ side: Side, _ tissue: Tissue, _ tissues: Tissues,
        _ draw: inout RandomStream
    ) {
        let size = draw.uniform(0.9...1.12)
        let shift = Point(draw.uniform(-2...2), draw.uniform(-3.5...3.5), draw.uniform(-3...3))
        // Fat on the outside and below; on the inside the gland lies on the muscles of the floor of the mouth.
        let bed = Ellipsoid((Point(38, -40, -80) + shift).onSide(side), radii: Point(10, 17, 13))
        scene.add(bed, tissues.fat)
        let gland = Union(
            [
                Ellipsoid((Point(33, -37, -77) + shift).onSide(side), radii: Point(9.2, 15.5, 11.5) * size),
                Ellipsoid(
                    (Point(26, -47, -68) + shift).onSide(side), radii: Point(5.5, 11, 6.5) * size),
            ], blend: 6)
        scene.add(
            gland,
            [
                Layer(depth: -0.5, tissue: tissues.fascia, marking: .background),
                Layer(depth: 0, tissue: tissue, marking: .organ(side.submandibular)),
            ])
        scene.add(
            Tube([.init(41, -28, -70, 1.4), .init(40, -44, -82, 1.5), .init(44, -52, -74, 1.4)])
                .onSide(side, shift: shift), tissues.artery, marking: .unchanged)
    }
}
