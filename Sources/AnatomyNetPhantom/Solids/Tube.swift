/// A tube along a polyline: muscles, vessels, nerves, bones' shafts. Its cross-section is an ellipse with one
/// axis along a given direction, and its radii vary linearly from node to node.
struct Tube: Solid {
    struct Node {
        var center: Point
        /// Radius along the tube's `wide` direction.
        var wide: Double
        /// Radius across it.
        var thin: Double

        init(_ x: Double, _ y: Double, _ z: Double, _ wide: Double, _ thin: Double) {
            center = Point(x, y, z)
            self.wide = wide
            self.thin = thin
        }

        init(_ x: Double, _ y: Double, _ z: Double, _ radius: Double) {
            self.init(x, y, z, radius, radius)
        }
    }

    private let nodes: [Node]
    private let wide: Point

    /// - Parameter wide: the direction of the cross-sections' `wide` radius, of any length.
    init(_ nodes: [Node], wide: Point = Point(1, 0, 0)) {
        self.nodes = nodes
        self.wide = wide * (1 / wide.length)
    }

    /// The same tube on a side of the body, with the given displacement and thickness.
    func onSide(_ side: Side, shift: Point = Point(0, 0, 0), thickness: Double = 1) -> Tube {
        Tube(
            nodes.map { node in
                let center = (node.center + shift).onSide(side)
                return Node(center.x, center.y, center.z, node.wide * thickness, node.thin * thickness)
            }, wide: wide.onSide(side))
    }

    var bounds: Bounds {
        nodes.dropFirst().reduce(Self.box(nodes[0])) { $0.union(Self.box($1)) }
    }

    private static func box(_ node: Node) -> Bounds {
        Bounds(low: node.center, high: node.center).expanded(by: max(node.wide, node.thin))
    }

    func distance(_ p: Point) -> Double {
        var best = Double.infinity
        for index in 0..<max(nodes.count - 1, 1) {
            let start = nodes[index]
            let end = nodes[min(index + 1, nodes.count - 1)]
            let axis = end.center - start.center
            let square = axis.dot(axis)
            let t = square == 0 ? 0 : min(max((p - start.center).dot(axis) / square, 0), 1)
            let offset = p - (start.center + axis * t)
            let wideRadius = start.wide + (end.wide - start.wide) * t
            let thinRadius = start.thin + (end.thin - start.thin) * t
            let along = offset.dot(wide)
            let acrossSquare = max(offset.dot(offset) - along * along, 0)
            let u = along / wideRadius
            let v = acrossSquare / (thinRadius * thinRadius)
            let gu = u / wideRadius
            let distance = ellipticDistance(
                (u * u + v).squareRoot(), (gu * gu + v / (thinRadius * thinRadius)).squareRoot(),
                limit: min(
                    wideRadius * (chord(v) - abs(u)), thinRadius * (chord(u * u) - v.squareRoot())))
            best = min(best, distance)
        }
        return best
    }
}
