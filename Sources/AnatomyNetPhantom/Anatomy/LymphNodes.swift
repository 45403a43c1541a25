/// Lymph nodes along the jugular veins and below the jaw: small, round, as dense as a salivary gland, and never
/// twice in the same place.
struct LymphNodes {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .nodes)
        for side in Side.allCases {
            for _ in 0..<draw.integer(3...9) {
                let z = draw.uniform(-145 ... -48)
                let center = Point(draw.uniform(30...44), draw.uniform(-12...14) - 0.06 * (z + 60), z)
                let radius = draw.uniform(2.2...5) * (draw.chance(0.12) ? 1.8 : 1)
                scene.add(
                    Ellipsoid(
                        center.onSide(side),
                        radii: Point(radius, radius * draw.uniform(0.8...1.2), radius * draw.uniform(1...1.7))
                    ),
                    tissues.node)
            }
            for _ in 0..<draw.integer(1...4) {
                let center = Point(
                    draw.uniform(18...44), draw.uniform(-66 ... -24), draw.uniform(-92 ... -80))
                scene.add(
                    Ellipsoid(
                        center.onSide(side),
                        radii: Point(draw.uniform(2.5...4.5), draw.uniform(2.5...5.5), draw.uniform(2.5...4))),
                    tissues.node)
            }
        }
    }
}
