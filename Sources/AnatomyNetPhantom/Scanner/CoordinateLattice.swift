/// The patient's coordinates on a lattice over the field of view, interpolated linearly in between. What is
/// interpolated *is* the map: image and truth come from the same coordinates.
struct CoordinateLattice {
    static let step = 6.0
    /// Nodes per axis.
    private let countX: Int
    private let countY: Int
    private let countZ: Int
    private let origin: Point
    private let nodes: [Point]

    /// - Parameters:
    ///   - origin: the room coordinates of the first voxel's centre.
    ///   - extent: from the first voxel's centre to the last one's, in mm.
    ///   - map: from the room to the frame of the solids.
    init(origin: Point, extent: Point, map: (Point) -> Point) {
        let step = Self.step
        countX = Int((extent.x / step).rounded(.up)) + 2
        countY = Int((extent.y / step).rounded(.up)) + 2
        countZ = Int((extent.z / step).rounded(.up)) + 2
        // Half a step of slack: samples inside the outermost voxels lie beyond their centres.
        let start = origin - Point(step / 2, step / 2, step / 2)
        self.origin = start
        var nodes: [Point] = []
        nodes.reserveCapacity(countX * countY * countZ)
        for z in 0..<countZ {
            for y in 0..<countY {
                for x in 0..<countX {
                    nodes.append(map(start + Point(Double(x), Double(y), Double(z)) * step))
                }
            }
        }
        self.nodes = nodes
    }

    @inline(__always)
    private func cell(_ room: Point) -> (index: Int, fraction: Point) {
        let x = (room.x - origin.x) / Self.step
        let y = (room.y - origin.y) / Self.step
        let z = (room.z - origin.z) / Self.step
        let i = min(max(Int(x), 0), countX - 2)
        let j = min(max(Int(y), 0), countY - 2)
        let k = min(max(Int(z), 0), countZ - 2)
        return ((k * countY + j) * countX + i, Point(x - Double(i), y - Double(j), z - Double(k)))
    }

    func point(_ room: Point) -> Point {
        let (index, t) = cell(room)
        let row = countX
        let slice = countX * countY
        let a = mix(nodes[index], nodes[index + 1], t.x)
        let b = mix(nodes[index + row], nodes[index + row + 1], t.x)
        let c = mix(nodes[index + slice], nodes[index + slice + 1], t.x)
        let d = mix(nodes[index + slice + row], nodes[index + slice + row + 1], t.x)
        return mix(mix(a, b, t.y), mix(c, d, t.y), t.z)
    }

    /// The change of the coordinates per mm of the room, taken from the corner of the cell: the map is smooth
    /// enough for the few mm inside one voxel.
    func derivatives(_ room: Point) -> (alongX: Point, alongY: Point, alongZ: Point) {
        let (index, _) = cell(room)
        let here = nodes[index]
        let factor = 1 / Self.step
        return (
            (nodes[index + 1] - here) * factor, (nodes[index + countX] - here) * factor,
            (nodes[index + countX * countY] - here) * factor
        )
    }

    /// For each box in the solids' frame, a box in the room that holds all of it that lies in the field of view,
    /// or nil where nothing does.
    func roomBounds(of boxes: [Bounds]) -> [Bounds?] {
        // The node nearest to a point is at most half a cell's diagonal away, 5.2 mm in the room; proportions
        // and deviations stretch that by less than a third.
        let boxes = boxes.map { $0.expanded(by: 7) }
        var ranges = [Bounds?](repeating: nil, count: boxes.count)
        for z in 0..<countZ {
            for y in 0..<countY {
                for x in 0..<countX {
                    let node = nodes[(z * countY + y) * countX + x]
                    let position = origin + Point(Double(x), Double(y), Double(z)) * Self.step
                    for index in boxes.indices where boxes[index].contains(node.x, node.y, node.z) {
                        let here = Bounds(low: position, high: position)
                        ranges[index] = ranges[index]?.union(here) ?? here
                    }
                }
            }
        }
        return ranges.map { $0?.expanded(by: Self.step) }
    }

    @inline(__always)
    private func mix(_ a: Point, _ b: Point, _ t: Double) -> Point {
        Point(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, a.z + (b.z - a.z) * t)
    }
}
