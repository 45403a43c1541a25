/// The order in which the layers at full resolution run, a slab of planes at a time.
///
/// In step s, a layer with delay d computes slab s - d: its planes [(s - d) · slab, (s - d + 1) ·
/// slab). A 3x3x3 convolution reads one plane beyond its slab, which its source has only after its
/// next slab, so it lags one slab behind; everything else runs level with its sources. No plane is
/// computed twice, and a map needs storage only for the planes between its own newest and the oldest
/// that its readers still want.
struct HeadSchedule {
    /// Planes of a slab: a multiple of the kernels' tiles.
    static let slab = 8

    /// The head is this layer of the graph and all that follow.
    let firstLayer: Int
    private let delays: [Int]
    private let needed: [Int]

    init(graph: LayerGraph) {
        let layers = graph.layers
        let below = layers.lastIndex { $0.level > 0 } ?? 0
        let firstLayer = below + 1
        var delays = [Int](repeating: 0, count: layers.count)
        for index in firstLayer..<layers.count {
            let sources = graph.sources(of: layers[index]).filter { $0 >= firstLayer }
            let delay = sources.reduce(0) { max($0, delays[$1]) }
            delays[index] = delay + (sources.isEmpty ? 0 : Self.reach(of: layers[index]))
        }
        var needed = [Int](repeating: Self.slab, count: layers.count)
        for index in firstLayer..<layers.count {
            for source in graph.inputMaps(of: layers[index]) + graph.sources(of: layers[index])
            where source >= firstLayer {
                let planes = (delays[index] - delays[source] + 1) * Self.slab + Self.reach(of: layers[index])
                needed[source] = max(needed[source], planes)
            }
        }
        self.firstLayer = firstLayer
        self.delays = delays
        self.needed = needed
    }

    /// Planes beyond its own slab that a layer reads.
    private static func reach(of layer: Layer) -> Int {
        guard case .convolution(let convolution) = layer.operation else { return 0 }
        return convolution.kernel / 2
    }

    /// Planes of a head layer's map that are stored.
    func storedPlanes(of layer: Int) -> Int { needed[layer] }

    /// Steps until the last slab of the last layer is done.
    func steps(depth: Int) -> Int {
        (depth + Self.slab - 1) / Self.slab + (delays.last ?? 0)
    }

    /// The planes that a layer computes in a step; empty before its first slab and after its last.
    func planes(of layer: Int, step: Int, depth: Int) -> Range<Int> {
        let first = (step - delays[layer]) * Self.slab
        guard first >= 0, first < depth else { return 0..<0 }
        return first..<min(first + Self.slab, depth)
    }
}
