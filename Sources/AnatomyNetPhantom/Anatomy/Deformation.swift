/// The way from the room to the patient's own frame: pose, proportions and the deviations of a living body from
/// its atlas. Every solid is described in the patient's frame, so that one smooth map shapes the whole patient.
struct Deformation {
    private let offset: Point
    private let head: Point
    private let trunk: Point
    private let scale: Point
    private let faceLength: Double
    private let jawWidth: Double
    private let neckGirth: Double
    private let neckLength: Double
    private let noise: [ValueNoise]
    private let amplitude: Double

    /// The point the head turns about, in the patient's frame: between the atlas and the third vertebra.
    private static let pivot = Point(0, 20, -55)
    private static let degree = 0.017453292519943295

    init(seed: UInt64) {
        var pose = RandomStream(seed: seed, topic: .pose)
        offset = Point(pose.uniform(-9...9), pose.uniform(-12...12), pose.uniform(-9...9))
        head = Point(
            pose.uniform(-10...7) * Self.degree, pose.uniform(-5...5) * Self.degree,
            pose.uniform(-7...7) * Self.degree)
        trunk = Point(
            pose.uniform(-3...5) * Self.degree, pose.uniform(-2...2) * Self.degree,
            pose.uniform(-2...2) * Self.degree)

        var draw = RandomStream(seed: seed, topic: .proportions)
        let overall = draw.uniform(0.94...1.07)
        scale = Point(
            overall * draw.uniform(0.96...1.04), overall * draw.uniform(0.96...1.04),
            overall * draw.uniform(0.97...1.03))
        faceLength = draw.uniform(0.93...1.07)
        jawWidth = draw.uniform(0.95...1.06)
        neckGirth = draw.uniform(0.94...1.1)
        neckLength = draw.uniform(0.94...1.08)
        noise = (0..<3).map { axis in
            ValueNoise(RandomStream(seed: seed &+ UInt64(axis) &* 0x1_0000_0001, topic: .deformation))
        }
        amplitude = draw.uniform(3...5.5)
    }

    /// The patient's own coordinates of a point of the room.
    func patientPoint(_ room: Point) -> Point {
        var p = room - offset - Self.pivot
        // The head is posed freely, the trunk lies on the couch, and the neck bends in between.
        let share = smoothStep(-95, 15, p.z)
        let angles = trunk + (head - trunk) * share
        p = Rotation(nod: angles.x, tilt: angles.y, turn: angles.z).inverseApplied(to: p)
        p = p + Self.pivot
        p = Point(p.x / scale.x, p.y / scale.y, p.z / scale.z)

        let face = smoothStep(0, -45, p.y) * smoothStep(8, -25, p.z)
        let neck = smoothStep(-75, -130, p.z)
        p.x /= 1 + (jawWidth - 1) * smoothStep(5, -40, p.z) * (1 - neck)
        // Below the nose the face is shorter or longer; from the chin down everything shifts with it.
        p.z -= (1 / faceLength - 1) * -62 * face * smoothStep(-5, -70, p.z) * 0.5
        p.z /= 1 + (faceLength - 1) * 0.5 * smoothStep(10, -40, p.z)
        p.x /= 1 + (neckGirth - 1) * neck
        p.y = 14 + (p.y - 14) / (1 + (neckGirth - 1) * neck)
        p.z += (1 / neckLength - 1) * (p.z + 60) * smoothStep(-60, -100, p.z)

        // Two octaves of deviation; their left and right sides are independent, hence the asymmetry.
        let far = p * (1.0 / 75)
        let near = p * (1.0 / 31)
        return Point(
            p.x + deviation(0, far, near), p.y + deviation(1, far, near), p.z + deviation(2, far, near))
    }

    private func deviation(_ axis: Int, _ far: Point, _ near: Point) -> Double {
        amplitude
            * (noise[axis].value(far.x + 9.3, far.y + 11.1, far.z + 13.7)
                + 0.24 * noise[axis].value(near.x + 4.1, near.y + 2.9, near.z + 7.3))
    }

    /// Where in the room a point of the patient is: the inverse of `patientPoint`, by iteration.
    ///
    /// The map is close to a shift, so that each step leaves at most a third of the error.
    func roomPoint(_ patient: Point) -> Point {
        var room = patient + offset
        for _ in 0..<16 {
            room = room + (patient - patientPoint(room))
        }
        return room
    }
}
