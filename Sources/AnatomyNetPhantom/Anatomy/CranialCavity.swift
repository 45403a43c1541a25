/// The cavity of the skull: cerebrum, middle fossae, posterior fossa; and the vault of bone around it.
struct CranialCavity {
    let solid: any Solid
    /// Thickness of the vault in mm.
    let thickness: Double

    init(seed: UInt64) {
        var draw = RandomStream(seed: seed, topic: .skull)
        thickness = draw.uniform(4.6...7.2)
        let frontal = Intersection(
            Ellipsoid(Point(0, 2, 50), radii: Point(63, 82, 61)),
            HalfSpace(through: Point(0, -30, 33), outward: Point(0, 0.08, -1)), blend: 10)
        let parietal = Ellipsoid(Point(0, 29, 46), radii: Point(62.5, 56, 60))
        let posterior = Ellipsoid(Point(0, 44, 3), radii: Point(50, 42, 26))
        let temporal = Side.allCases.map { side in
            Ellipsoid(
                Point(36 + draw.uniform(-1.5...1.5), -12, 19).onSide(side),
                radii: Point(24, 31 + draw.uniform(-2...2), 20)) as any Solid
        }
        solid = Union([frontal, parietal, posterior] + temporal, blend: 12)
    }

    func addVault(to scene: inout Scene, _ tissues: Tissues) {
        scene.add(
            solid,
            [
                Layer(depth: -thickness, tissue: tissues.corticalBone, marking: .background),
                Layer(depth: -thickness * 0.72, tissue: tissues.diploe, marking: .background),
                Layer(depth: -thickness * 0.3, tissue: tissues.corticalBone, marking: .background),
                Layer(depth: 0, tissue: tissues.cerebrospinalFluid, marking: .background),
                Layer(depth: 1.6, tissue: tissues.grayMatter, marking: .background),
                Layer(depth: 6, tissue: tissues.whiteMatter, marking: .background),
            ])
    }
}
