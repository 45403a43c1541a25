/// The orbits: bony cone, fat, globe with lens, eye muscles, lacrimal gland, ophthalmic veins; the optic nerves
/// on their way through the optic canals; and the chiasm, with the tracts behind it.
struct Orbits {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    func add(to scene: inout Scene, inside skin: any Solid, _ tissues: Tissues) {
        var draw = RandomStream(seed: seed, topic: .orbits)
        let chiasmShift = Point(
            draw.uniform(-1.2...1.2), draw.uniform(-2...2), draw.uniform(-1.2...1.2))
        for side in Side.allCases {
            addOrbit(to: &scene, side, inside: skin, chiasm: chiasmShift, tissues, &draw)
        }
        addChiasm(to: &scene, shift: chiasmShift, tissues, &draw)
    }

    private func addOrbit(
        to scene: inout Scene, _ side: Side, inside skin: any Solid, chiasm: Point, _ tissues: Tissues,
        _ draw: inout RandomStream
    ) {
        let eye = Point(
            32 + draw.uniform(-1.5...1.5), -72 + draw.uniform(-2...2), 15 + draw.uniform(-1...1))
        let cone = Tube([
            .init(eye.x, -74, 15, 19, 17.5), .init(29, -62, 17, 15.5, 14), .init(22, -47, 21, 9, 8.5),
            .init(16.5, -38, 24.5, 4.2, 4),
        ]).onSide(side)
        let bone = Intersection(
            Grown(cone, by: 2.2), HalfSpace(through: Point(0, -78, 0).onSide(side), outward: Point(0, -1, 0)))
        scene.add(bone, tissues.thinBone)
        scene.add(Intersection(cone, Grown(skin, by: -3.4)), tissues.fat)
        let radius = draw.uniform(11.6...12.6)
        let globe = Ellipsoid(
            eye.onSide(side), radii: Point(radius, radius + draw.uniform(-0.3...0.8), radius))

        // The nerve is longer than the way: it bends in the orbit.
        let bend = Point(draw.uniform(-1...2.5), 0, draw.uniform(-2...2))
        let thickness = draw.uniform(2.6...3.1)
        let nerve = Tube([
            .init(eye.x - 3, eye.y + radius - 1, eye.z + 0.5, thickness * 1.08),
            .init(25.5 + bend.x, -53, 18 + bend.z, thickness * 1.04),
            .init(19 + bend.x * 0.3, -42.5, 22.5, thickness),
            .init(15, -36.5, 26.5, thickness * 0.95), .init(11, -31.5, 29.5, thickness * 0.95),
            .init(5.2 + chiasm.x * side.sign, -25.5 + chiasm.y, 32 + chiasm.z, thickness),
        ]).onSide(side)

        let apex = Point(17, -39, 24)
        let muscleSize = draw.uniform(0.85...1.25)
        let directions = [Point(1, 0.1, 0), Point(-1, 0.1, 0), Point(0, 0, 1), Point(0, 0, -1)]
        for direction in directions {
            let middle = Point(26, -58, 17.5) + direction * 10.5
            let front = Point(eye.x, eye.y - 1, eye.z) + direction * (radius + 0.6)
            let muscle = Tube(
                [
                    .init(apex.x + direction.x * 2.5, apex.y, apex.z + direction.z * 2.5, 2, 1.4),
                    .init(middle.x, middle.y, middle.z, 4.4 * muscleSize, 2.1 * muscleSize),
                    .init(front.x, front.y, front.z, 4, 1),
                ], wide: Point(direction.z, 0.2 * direction.x, abs(direction.x))
            ).onSide(side)
            scene.add(muscle, tissues.muscle)
        }
        scene.add(
            Tube([.init(22, -48, 24, 1.1), .init(28, -60, 25, 1.3), .init(20, -80, 24, 1)]).onSide(side),
            tissues.vein)
        scene.add(
            Intersection(
                Ellipsoid(Point(43, -73, 25).onSide(side), radii: Point(5, 8, 6)), Grown(cone, by: -0.5)),
            tissues.mucosa)
        scene.add(
            Grown(nerve, by: 2),
            [Layer(depth: 1.2, tissue: Tissue(mean: -50), marking: .background)])
        scene.add(nerve, tissues.opticNerve, marking: .organ(side.opticNerve))
        scene.add(
            globe,
            [
                Layer(depth: 0, tissue: tissues.mucosa, marking: .background),
                Layer(depth: 1.3, tissue: tissues.vitreous, marking: .background),
            ])
        scene.add(
            Ellipsoid(
                Point(eye.x, eye.y - radius + 4, eye.z).onSide(side), radii: Point(4.6, 2.1, 4.6)),
            tissues.lens)
        // The anterior clinoid process beside the canal, and the carotid artery below and behind it.
        scene.add(
            Tube([.init(17, -32, 29, 2.6), .init(14, -25, 28, 1.6)]).onSide(side), tissues.corticalBone)
        scene.add(
            Tube([
                .init(12.5, -16, 14, 2.3), .init(12.5, -26, 19, 2.3), .init(12, -22, 27, 2),
                .init(13.5, -18, 35, 1.9), .init(26, -20, 37, 1.3),
            ]).onSide(side), tissues.artery, marking: .unchanged)
    }

    private func addChiasm(
        to scene: inout Scene, shift: Point, _ tissues: Tissues, _ draw: inout RandomStream
    ) {
        let size = draw.uniform(0.92...1.12)
        for side in Side.allCases {
            let tract = Tube([
                .init(5, -16.5 + shift.y, 33.5 + shift.z, 2.5), .init(11, -9, 35.5, 2.4),
                .init(17.5, 0, 37, 2.4),
            ]).onSide(side)
            scene.add(tract, tissues.chiasm)
        }
        scene.add(
            Tube([.init(0, -17.5, 32, 1.3), .init(0, -20, 25, 1.3)]).onSide(.left, shift: shift),
            tissues.mucosa)
        // The floor of the third ventricle rests on the back of the chiasm.
        scene.add(
            Ellipsoid(Point(0, -13.5, 38) + shift, radii: Point(8, 7, 5)), tissues.grayMatter)
        let center = Point(0, -21, 33) + shift
        func arm(_ x: Double, _ y: Double, _ z: Double) -> any Solid {
            Tube([
                .init(center.x, center.y, center.z, 3.1 * size),
                .init(center.x + x * size, center.y + y * size, center.z + z, 2.9 * size),
            ])
        }
        let chiasm = Union(
            [
                Ellipsoid(center, radii: Point(7.2, 4.4, 3.1) * size),
                arm(5.2, -3.6, -0.8), arm(-5.2, -3.6, -0.8), arm(5, 3, 0.4), arm(-5, 3, 0.4),
            ], blend: 2)
        scene.add(chiasm, tissues.chiasm, marking: .organ(.chiasm))
    }
}
