/// Where the scanned box lies around the patient.
///
/// Most fields hold all nine organs where the requested size allows it. They reach a little above the vertex or
/// end anywhere between the vertex and the optic chiasm; about one in eight ends below within the jaw.
struct FieldOfView {
    /// Room coordinates of the first voxel's centre.
    let origin: Point
    /// The circle of reconstruction, beyond which nothing is known: centre and radius in mm.
    let circle: (x: Double, y: Double, radius: Double)?

    init(seed: UInt64, size: Phantom.Size, spacing: Phantom.Spacing, deformation: Deformation) {
        var draw = RandomStream(seed: seed, topic: .fieldOfView)
        let extent = Point(
            Double(size.x) * spacing.x, Double(size.y) * spacing.y, Double(size.z) * spacing.z)
        let organs = Self.organBounds(deformation)
        let vertex = deformation.roomPoint(Point(0, 15, 121)).z
        let brow = deformation.roomPoint(Point(0, -118, 0)).y
        let occiput = deformation.roomPoint(Point(0, 102, 20)).y

        let endsBelowVertex = draw.chance(0.45)
        let top =
            endsBelowVertex
            ? draw.uniform(organs.high.z + 6...max(organs.high.z + 7, vertex - 8))
            : vertex + draw.uniform(2...20)
        let cutsJaw = draw.chance(0.12)
        let cutDepth = draw.uniform(4...13)
        var low = top - extent.z
        if low > organs.low.z - 6 {
            low = Self.start(
                holding: organs.low.z - 6, organs.high.z + 6, extent.z, draw.uniform(0...1))
        } else if cutsJaw && organs.low.z + cutDepth + extent.z < vertex + 45 {
            low = organs.low.z + cutDepth
        }

        // In plane the whole head where it fits, otherwise as much as possible around the organs.
        let isDeep = extent.y > occiput - brow
        let y =
            isDeep
            ? Self.start(holding: brow - 4, occiput + 4, extent.y, draw.uniform(0.2...0.5))
            : Self.start(
                holding: organs.low.y - 6, max(organs.high.y + 6, organs.low.y + extent.y * 0.9), extent.y,
                draw.uniform(0...1))
        let center = (organs.low.x + organs.high.x) / 2
        let slack = min(max((extent.x - (organs.high.x - organs.low.x) - 12) / 2, 0), 7)
        let x = center - extent.x / 2 + draw.uniform(-1...1) * slack
        origin = Point(x + spacing.x / 2, y + spacing.y / 2, low + spacing.z / 2)

        let hasCircle = draw.chance(0.15)
        let radius = max(extent.x, extent.y) / 2 * draw.uniform(0.94...1.05)
        circle = hasCircle && radius > 95 ? (x + extent.x / 2, y + extent.y / 2, radius) : nil
    }

    /// Where an interval of the given length starts to hold `low...high`, at a share of the room left over.
    private static func start(
        holding low: Double, _ high: Double, _ length: Double, _ share: Double
    ) -> Double {
        let slack = length - (high - low)
        return slack < 0 ? (low + high - length) / 2 : low - slack * share
    }

    /// A box of the room around all organs, from the outermost points of the atlas.
    private static func organBounds(_ deformation: Deformation) -> Bounds {
        let extremes = [
            Point(0, 5, 38), Point(0, -21, 37), Point(0, 34, 0), Point(68, -13, -24), Point(-68, -13, -24),
            Point(0, -94, -82), Point(0, -84, -94), Point(33, -37, -91), Point(-33, -37, -91),
            Point(29, -61, 17), Point(-29, -61, 17),
        ].map { deformation.roomPoint($0) }
        return extremes.dropFirst().reduce(Bounds(low: extremes[0], high: extremes[0])) {
            $0.union(Bounds(low: $1, high: $1))
        }
    }
}
