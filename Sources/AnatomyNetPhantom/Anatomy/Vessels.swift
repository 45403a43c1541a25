/// The great vessels of the neck.
struct Vessels {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .vessels)
        for side in Side.allCases {
            let shift = Point(draw.uniform(-2...2), draw.uniform(-2...2), draw.uniform(-4...4))
            // One internal jugular vein is often much wider than the other.
            let veinSize = draw.uniform(0.6...1.35)
            let jugular = Tube([
                .init(29, 4, -14, 4, 4), .init(31, 4, -40, 5.5, 5), .init(33, -3, -90, 7, 5.5),
                .init(30, -10, -130, 7.5, 6), .init(24, -10, -172, 7, 7),
            ]).onSide(side, shift: shift, thickness: veinSize)
            scene.add(
                Tube([.init(28, 0, -30, 8.5), .init(28, -6, -90, 10), .init(25, -8, -140, 10)]).onSide(side),
                tissues.fat)
            scene.add(jugular, tissues.vein)
            let common = Tube([
                .init(23, -9, -84, 4.4), .init(21, -9, -120, 3.6), .init(17, -4, -172, 4),
                .init(14, 0, -230, 5),
            ])
            let inner = Tube([.init(23, -8, -84, 3.6), .init(24, -2, -60, 2.6), .init(23, -3, -16, 2.5)])
            let outer = Tube([.init(24, -12, -84, 2.6), .init(29, -15, -66, 2.2), .init(44, -11, -40, 1.8)])
            let vertebral = Tube([.init(17, 17, -40, 1.9), .init(18, 15, -80, 1.9), .init(18, 17, -135, 2)])
            for vessel in [common, inner, outer, vertebral] {
                scene.add(vessel.onSide(side, shift: shift), tissues.artery)
            }
            scene.add(
                Tube([.init(52, -2, -60, 1.8), .init(56, 8, -100, 2), .init(48, 4, -150, 2.2)]).onSide(
                    side, shift: shift),
                tissues.vein)
        }
    }
}
