/// The teeth, the alveolar ridge of the upper jaw, and by chance fillings and crowns of metal. Roots in the
/// mandible count as mandible, crowns as background.
struct Teeth {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    /// Crown centres of one upper quadrant, from the middle backwards, and their radii.
    private static let quadrant: [(x: Double, y: Double, radius: Double)] = [
        (4.4, -90.5, 3.6), (11.6, -87.2, 3.3), (17.4, -81.2, 3.5), (21.2, -74, 3.5), (24.2, -66.8, 3.6),
        (26.8, -57.8, 4.8), (28.8, -47.8, 4.6), (30, -39, 4.2),
    ]

    func add(to scene: inout Scene, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .teeth)
        for side in Side.allCases {
            let ridge = Tube(
                Self.quadrant.map { Tube.Node($0.x, $0.y + 2, -31, 7.5, 5.2) }, wide: Point(0, 0, 1)
            ).onSide(side)
            scene.add(
                Difference(ridge, minus: HalfSpace(through: Point(0, 0, -22), outward: Point(0, 0, -1))),
                [
                    Layer(depth: 0, tissue: tissues.corticalBone, marking: .background),
                    Layer(depth: 1.5, tissue: tissues.cancellousBone, marking: .background),
                ])
        }
        // From a full set to none; without teeth there is nothing to fill.
        let loss = draw.chance(0.12) ? 1 : draw.uniform(0...1) * draw.uniform(0...0.7)
        let hasMetal = draw.chance(0.5)
        let filled = hasMetal ? draw.uniform(0.06...0.3) : 0
        for side in Side.allCases {
            for (index, tooth) in Self.quadrant.enumerated() {
                for isUpper in [true, false] {
                    let isLost = draw.chance(index == 7 ? max(loss, 0.5) : loss)
                    let jitter = draw.uniform(-0.6...0.6)
                    let isFilled = draw.chance(index < 3 ? filled * 0.3 : filled)
                    guard !isLost else { continue }
                    let inward = isUpper ? 0.0 : 2.2
                    let x = (tooth.x - (index > 1 ? inward * 0.6 : 0)) + jitter * 0.4
                    let y = tooth.y + inward + jitter
                    // The plane of the bite rises by 6 mm from the incisors to the last molar.
                    let bite = -49 + 0.115 * (y + 92)
                    let direction = isUpper ? 1.0 : -1.0
                    let r = tooth.radius * (isUpper ? 1 : 0.92)
                    let root = Tube([
                        .init(x, y, bite + 7 * direction, r * 0.85),
                        .init(x, y + (isUpper ? 2 : 1), bite + 17 * direction, r * 0.4),
                    ]).onSide(side)
                    let crown = Tube([
                        .init(x, y, bite + 3.6 * direction, r * 0.95), .init(x, y, bite + 6 * direction, r),
                    ]).onSide(side)
                    scene.add(root, tissues.dentine, marking: .unchanged)
                    scene.add(
                        crown,
                        [
                            Layer(depth: 0, tissue: tissues.enamel, marking: .unchanged),
                            Layer(depth: 1.4, tissue: tissues.dentine, marking: .unchanged),
                        ])
                    if isFilled {
                        scene.add(
                            Ellipsoid(
                                Point(x, y, bite + 2.8 * direction).onSide(side),
                                radii: Point(r * 0.75, r * 0.75, 2)), tissues.metal, marking: .unchanged)
                    }
                }
            }
        }
    }
}
