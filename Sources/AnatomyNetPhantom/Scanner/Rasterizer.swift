/// Turns scenes into voxels, slice by slice.
///
/// A voxel's value is the mean over its volume: where a surface passes through, it is sampled on a grid of
/// points no further apart than 1.3 mm, each with an edge as soft as that grid. A voxel's label is the organ at
/// its centre.
struct Rasterizer {
    private let size: Phantom.Size
    private let spacing: Phantom.Spacing
    private let origin: Point
    private let texture: ValueNoise
    /// Largest deviation by shading in HU of water.
    private let shading: Double
    /// Samples within a voxel, relative to its centre, in mm of the room.
    private let samples: [Point]
    /// Twice the softness of a sample's edge, in mm.
    private let edge: Double
    /// Beyond this distance from a surface a voxel lies on one side of it.
    private let reach: Double

    /// Voxels of a slice are visited in blocks of this many along x and y: one distance at the middle of a block
    /// tells whether the rest need theirs.
    private static let blockSize = 5
    /// From a block's middle to its furthest voxel, in mm.
    private let blockRadius: Double

    init(size: Phantom.Size, spacing: Phantom.Spacing, origin: Point, texture: ValueNoise, shading: Double) {
        self.size = size
        self.spacing = spacing
        self.origin = origin
        self.texture = texture
        self.shading = shading
        func positions(_ length: Double) -> [Double] {
            let count = min(max(Int((length / 1.3).rounded(.up)), 1), 6)
            return (0..<count).map { length * ((Double($0) + 0.5) / Double(count) - 0.5) }
        }
        let x = positions(spacing.x)
        let y = positions(spacing.y)
        let z = positions(spacing.z)
        samples = z.flatMap { z in y.flatMap { y in x.map { x in Point(x, y, z) } } }
        edge =
            (spacing.x / Double(x.count) + spacing.y / Double(y.count) + spacing.z / Double(z.count)) / 3
        blockRadius =
            Double(Self.blockSize / 2) * Point(spacing.x, spacing.y, 0).length * 1.15
        reach = Point(spacing.x, spacing.y, spacing.z).length / 2 * 1.15 + edge / 2
    }

    /// A scene together with the coordinates it is described in.
    struct Placement {
        let parts: [Part]
        let lattice: CoordinateLattice
        /// Where each part may appear, in the room.
        let roomBounds: [Bounds?]
        /// Each part's bounds in its own frame, with all its coats.
        let ownBounds: [Bounds]

        init(_ scene: Scene, _ lattice: CoordinateLattice, reach: Double) {
            parts = scene.parts
            self.lattice = lattice
            ownBounds = scene.parts.map { part in
                part.solid.bounds.expanded(by: reach + max(0, -part.layers[0].depth))
            }
            roomBounds = lattice.roomBounds(of: ownBounds)
        }
    }

    func placement(of scene: Scene, map: (Point) -> Point) -> Placement {
        let extent = Point(
            Double(size.x - 1) * spacing.x, Double(size.y - 1) * spacing.y, Double(size.z - 1) * spacing.z)
        return Placement(scene, CoordinateLattice(origin: origin, extent: extent, map: map), reach: reach)
    }

    /// Paints one axial slice: HU (not yet clipped) and labels, x fastest.
    func render(
        slice: Int, _ placements: [Placement], values: UnsafeMutableBufferPointer<Float>,
        labels: UnsafeMutableBufferPointer<UInt8>
    ) {
        values.update(repeating: -1000)
        labels.update(repeating: 0)
        let columns = 0..<size.x
        let coordinates = placements.map { placement in
            (0..<size.y).flatMap { y in columns.map { x in placement.lattice.point(room(x, y, slice)) } }
        }
        // The grain moves with the patient, who comes last.
        let fine = coordinates[coordinates.count - 1].map { p in
            texture.value(p.x / 3.6 + 5.1, p.y / 3.6 + 8.2, p.z / 3.6 + 2.3)
        }
        let coarse = coordinates[coordinates.count - 1].map { p in
            texture.value(p.x / 13 + 17.3, p.y / 13 + 21.7, p.z / 13 + 11.9)
        }
        for (placement, points) in zip(placements, coordinates) {
            paint(slice, placement, points, fine, coarse, values, labels)
        }
        shade(coordinates[coordinates.count - 1], values)
    }

    /// Scatter and beam hardening leave a slow wave in what should be uniform, in proportion to the density.
    private func shade(_ points: [Point], _ values: UnsafeMutableBufferPointer<Float>) {
        for (index, p) in points.enumerated() {
            let wave = texture.value(p.x / 48 + 3.7, p.y / 48 + 25.1, p.z / 48 + 28.9)
            values[index] += Float(shading * wave) * max(values[index] + 1000, 0) / 1000
        }
    }

    private func room(_ x: Int, _ y: Int, _ z: Int) -> Point {
        Point(
            origin.x + Double(x) * spacing.x, origin.y + Double(y) * spacing.y,
            origin.z + Double(z) * spacing.z)
    }

    private func paint(
        _ slice: Int, _ placement: Placement, _ points: [Point], _ fine: [Double], _ coarse: [Double],
        _ values: UnsafeMutableBufferPointer<Float>, _ labels: UnsafeMutableBufferPointer<UInt8>
    ) {
        let height = origin.z + Double(slice) * spacing.z
        var distances = [Double](repeating: 0, count: samples.count)
        for (part, (roomBox, box)) in zip(placement.parts, zip(placement.roomBounds, placement.ownBounds)) {
            guard let roomBox, height >= roomBox.low.z, height <= roomBox.high.z else { continue }
            let columns = indices(roomBox.low.x, roomBox.high.x, origin.x, spacing.x, size.x)
            let rows = indices(roomBox.low.y, roomBox.high.y, origin.y, spacing.y, size.y)
            let blockBox = box.expanded(by: blockRadius)
            let solid = part.solid
            let outermost = part.layers[0].depth
            let innermost = part.layers[part.layers.count - 1]
            for blockY in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.blockSize) {
                for blockX in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.blockSize) {
                    let half = Self.blockSize / 2
                    let center =
                        points[min(blockY + half, size.y - 1) * size.x + min(blockX + half, size.x - 1)]
                    guard blockBox.contains(center.x, center.y, center.z) else { continue }
                    let blockDistance = solid.distance(center)
                    // Distances far from a surface are estimates: half as much again for safety.
                    guard blockDistance + outermost < (reach + blockRadius) * 1.5 else { continue }
                    let isWithin = blockDistance + innermost.depth < -(reach + blockRadius) * 1.5
                    for y in blockY..<min(blockY + Self.blockSize, rows.upperBound) {
                        for x in blockX..<min(blockX + Self.blockSize, columns.upperBound) {
                            let index = y * size.x + x
                            if isWithin {
                                cover(index, innermost, 1, fine, coarse, values)
                                mark(index, innermost, labels)
                                continue
                            }
                            let p = points[index]
                            guard box.contains(p.x, p.y, p.z) else { continue }
                            let distance = solid.distance(p)
                            guard distance + outermost < reach else { continue }
                            var isSampled = false
                            for layer in part.layers {
                                let depth = distance + layer.depth
                                guard depth < reach else { break }
                                var share = 1.0
                                if depth > -reach {
                                    if !isSampled {
                                        sample(solid, p, placement.lattice, room(x, y, slice), &distances)
                                        isSampled = true
                                    }
                                    share = coverage(distances, layer.depth)
                                }
                                cover(index, layer, share, fine, coarse, values)
                                if depth < 0 {
                                    mark(index, layer, labels)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func cover(
        _ index: Int, _ layer: Layer, _ share: Double, _ fine: [Double], _ coarse: [Double],
        _ values: UnsafeMutableBufferPointer<Float>
    ) {
        let tissue = layer.tissue
        let value = tissue.mean + tissue.fine * fine[index] + tissue.coarse * coarse[index]
        values[index] += Float(share) * (Float(value) - values[index])
    }

    @inline(__always)
    private func mark(_ index: Int, _ layer: Layer, _ labels: UnsafeMutableBufferPointer<UInt8>) {
        switch layer.marking {
        case .organ(let organ): labels[index] = organ.rawValue
        case .background: labels[index] = 0
        case .unchanged: break
        }
    }

    private func indices(
        _ low: Double, _ high: Double, _ origin: Double, _ spacing: Double, _ count: Int
    ) -> Range<Int> {
        let first = max(Int(((low - origin) / spacing).rounded(.down)), 0)
        let end = min(Int(((high - origin) / spacing).rounded(.up)) + 1, count)
        return first..<max(first, end)
    }

    private func sample(
        _ solid: any Solid, _ p: Point, _ lattice: CoordinateLattice, _ room: Point,
        _ distances: inout [Double]
    ) {
        let (alongX, alongY, alongZ) = lattice.derivatives(room)
        for (index, offset) in samples.enumerated() {
            distances[index] = solid.distance(p + alongX * offset.x + alongY * offset.y + alongZ * offset.z)
        }
    }

    private func coverage(_ distances: [Double], _ depth: Double) -> Double {
        var sum = 0.0
        for distance in distances {
            sum += min(max(0.5 - (distance + depth) / edge, 0), 1)
        }
        return sum / Double(distances.count)
    }
}
