import AnatomyNetKernels

/// The schedule of a network on one grid and the place of everything it needs in one workspace,
/// decided before any memory is taken.
///
/// Layers below full resolution run one after the other, each over its whole grid: step i is layer
/// i. The layers at full resolution after them (the head) would need gigabytes that way; they run
/// together as the last step, slab by slab, through rings of planes (see `HeadSchedule`).
struct Plan {
    let network: BoundNetwork
    let grid: FeatureMapLayout.Grid
    let workers: Int
    /// For each layer, the projection shortcut that is computed within it: a layer that has no step and
    /// no storage of its own.
    let shortcuts: [Int?]
    /// For each layer, the step before which it runs a second time, if it does: its map gives up its
    /// storage in between.
    let repetitions: [Int?]
    /// For each layer that has storage: how its map is laid out and where.
    private(set) var maps: [MapPlacement?]
    let head: HeadSchedule
    /// Whether the last layer can store labels in place of logits.
    let takesLabels: Bool
    /// Bytes of kernel scratch for each worker.
    let scratchBytes: Int
    let scratch: Arena.Reservation
    let zeroRow: Arena.Reservation
    let zeroRowFloats: Int
    /// For each layer, room for sums over its planes.
    private(set) var sums: [Arena.Reservation?]
    /// For each layer whose output's sums are wanted and which can add them up itself, room for what it
    /// leaves.
    private(set) var outputSums: [OutputSumsPlacement?]
    /// Room that the caller of the plan asked for during the head.
    let headRoom: Arena.Reservation
    private(set) var arena: Arena

    struct MapPlacement {
        let layout: FeatureMapLayout
        let data: Arena.Reservation
        let tables: Arena.Reservation
    }

    struct OutputSumsPlacement {
        let data: Arena.Reservation
        /// Of a plane's sum.
        let addends: Int
        /// Of the layer's blocks together.
        let lanes: Int
    }

    /// Bytes of the workspace.
    var bytes: Int { arena.size }

    /// - Parameters:
    ///   - grid: the padded grid; every dimension a multiple of the network's padding unit.
    ///   - storage: of all maps but the image, whatever carries it, and the logits.
    ///   - workers: threads at most.
    ///   - headRoom: bytes that are wanted beside the head's own.
    init(
        network: BoundNetwork, grid: FeatureMapLayout.Grid, storage: FeatureMapStorage, workers: Int,
        headRoom: Int
    ) {
        self.network = network
        self.grid = grid
        self.workers = workers
        let graph = network.graph
        head = HeadSchedule(graph: graph)
        let shortcuts = Self.shortcuts(in: network)
        self.shortcuts = shortcuts
        let lastStep = head.firstLayer
        var arena = Arena()

        let uses = Self.uses(in: network, shortcuts: shortcuts, lastStep: lastStep)
        let lifetimes = graph.layers.indices.map { index in
            Self.isCheapToRepeat(index, in: network)
                ? Self.lifetimes(uses: uses[index])
                : [min(index, lastStep)...(uses[index].max() ?? 0)]
        }
        repetitions = lifetimes.map { $0.count == 2 ? $0[1].lowerBound : nil }
        let maps = Self.placements(
            in: network, grid: grid, storage: storage, head: head, shortcuts: shortcuts, lifetimes: lifetimes,
            arena: &arena)
        self.maps = maps

        sums = graph.layers.enumerated().map { index, layer in
            let bytes = Self.sumBytes(of: index, in: network, maps: maps)
            let step = min(index, lastStep)
            return bytes == 0 ? nil : arena.reserve(bytes, during: step...step)
        }
        zeroRowFloats = 16 * Int(ank_row_voxels(Int64(grid.width))) + 16
        zeroRow = arena.reserve(zeroRowFloats * MemoryLayout<Float>.stride, during: 0...lastStep)
        let readers = Self.readersOfSums(in: network)
        var outputSums = [OutputSumsPlacement?](repeating: nil, count: graph.layers.count)
        let repetitions = self.repetitions
        let kernels = network.kernels.pointee
        var largestScratch = 0
        var takesLabels = false
        for index in graph.layers.indices {
            Self.withConvolution(index, shortcut: shortcuts[index], in: network, maps: maps, head: head) {
                largestScratch = max(largestScratch, kernels.convolution_scratch_bytes($0))
                if index == graph.layers.count - 1, kernels.takes_labels($0) != 0 {
                    takesLabels = true
                    largestScratch = max(largestScratch, Self.scratchBytes(storingLabels: $0, kernels))
                }
                guard let reader = readers[index], index < lastStep, repetitions[index] == nil,
                    let layout = maps[index]?.layout
                else { return }
                outputSums[index] = Self.outputSums(
                    of: $0, layout: layout, during: index...min(reader, lastStep), kernels, arena: &arena)
            }
        }
        self.outputSums = outputSums
        self.takesLabels = takesLabels
        scratchBytes = (largestScratch + 63) / 64 * 64
        scratch = arena.reserve(scratchBytes * workers, during: 0...lastStep)
        self.headRoom = arena.reserve(max(headRoom, 1), during: lastStep...lastStep)
        arena.place()
        self.arena = arena
    }

    /// For each layer, the steps that write or read its map.
    private static func uses(in network: BoundNetwork, shortcuts: [Int?], lastStep: Int) -> [[Int]] {
        let graph = network.graph
        var uses = graph.layers.indices.map { [min($0, lastStep)] }
        for (index, layer) in graph.layers.enumerated() {
            let shortcutMaps = shortcuts[index].map { graph.inputMaps(of: graph.layers[$0]) } ?? []
            for source in graph.inputMaps(of: layer) + graph.sources(of: layer) + shortcutMaps {
                uses[source].append(min(index, lastStep))
            }
        }
        uses[0].append(lastStep)
        return uses
    }

    /// Reserves a place for each map, or gives it that of another which it may overwrite.
    private static func placements(
        in network: BoundNetwork, grid: FeatureMapLayout.Grid, storage: FeatureMapStorage, head: HeadSchedule,
        shortcuts: [Int?], lifetimes: [[ClosedRange<Int>]], arena: inout Arena
    ) -> [MapPlacement?] {
        let graph = network.graph
        let lastStep = head.firstLayer
        let lastUse = lifetimes.map { $0.last?.upperBound ?? 0 }
        var maps = [MapPlacement?](repeating: nil, count: graph.layers.count)
        for (index, layer) in graph.layers.enumerated()
        where layer.operation != .concatenation && !shortcuts.contains(index) {
            let isHead = index >= lastStep
            let layout = FeatureMapLayout(
                blocks: Self.blocks(of: index, in: graph), grid: grid.halved(layer.level),
                storage: Self.isExact(index, in: graph) ? .float32 : storage,
                storedPlanes: isHead ? head.storedPlanes(of: index) : nil)
            let tables = arena.reserve(layout.tableBytes * layout.blocks.count, during: 0...lastStep)
            let step = min(index, lastStep)
            if let shared = Self.mapToOverwrite(
                by: index, layout: layout, in: network, shortcut: shortcuts[index], lastUse: lastUse,
                maps: maps),
                step < lastStep
            {
                arena.extend(shared, through: lastUse[index])
                maps[index] = MapPlacement(layout: layout, data: shared, tables: tables)
            } else {
                let bytes = layout.blocks.indices.reduce(0) { $0 + layout.bytes($1) }
                let data = arena.reserve(bytes, during: lifetimes[index])
                maps[index] = MapPlacement(layout: layout, data: data, tables: tables)
            }
        }
        return maps
    }

    /// Kernel scratch of the last layer's convolution where it stores labels.
    private static func scratchBytes(
        storingLabels convolution: UnsafePointer<ank_convolution>, _ kernels: ank_kernels
    ) -> Int {
        var operation = convolution.pointee
        let labels = ank_labels()
        return withUnsafePointer(to: labels) { labels in
            operation.epilogue.labels = labels
            return kernels.convolution_scratch_bytes(&operation)
        }
    }

    /// Reserves room for what a convolution leaves of its output's sums; nil if it leaves nothing.
    private static func outputSums(
        of convolution: UnsafePointer<ank_convolution>, layout: FeatureMapLayout,
        during steps: ClosedRange<Int>,
        _ kernels: ank_kernels, arena: inout Arena
    ) -> OutputSumsPlacement? {
        let addends = Int(kernels.convolution_sum_addends(convolution))
        if addends == 0 { return nil }
        let lanes = layout.blocks.reduce(0) { $0 + $1.lanes }
        let bytes = layout.grid.depth * addends * lanes * MemoryLayout<Double>.stride
        return OutputSumsPlacement(data: arena.reserve(bytes, during: steps), addends: addends, lanes: lanes)
    }

    /// Whether a layer's map is float32 whatever storage is asked for.
    private static func isExact(_ index: Int, in graph: LayerGraph) -> Bool {
        index == 0 || index == graph.layers.count - 1 || graph.carriesImage(index)
    }

    /// The blocks that a layer writes. A map that the input image rides along with has room for one
    /// channel more.
    private static func blocks(of index: Int, in graph: LayerGraph) -> [FeatureMapLayout.ChannelBlock] {
        if index == 0 { return FeatureMapLayout.imageBlocks }
        let channels = graph.layers[index].channels
        guard graph.carriesImage(index) else { return FeatureMapLayout.channelBlocks(channels) }
        var blocks = FeatureMapLayout.channelBlocks(channels + 1)
        let last = blocks.removeLast()
        blocks.append(FeatureMapLayout.ChannelBlock(lanes: last.lanes, channels: last.channels - 1))
        return blocks
    }

    /// The projection shortcuts that are computed within the convolution that adds them: whatever else
    /// would read them, or want their statistics, needs them as maps.
    private static func shortcuts(in network: BoundNetwork) -> [Int?] {
        let graph = network.graph
        var readers = [Int](repeating: 0, count: graph.layers.count)
        for layer in graph.layers {
            for source in graph.sources(of: layer) { readers[source] += 1 }
        }
        return graph.layers.map { layer in
            guard network.batchNorm == .running,
                case .convolution(let convolution) = layer.operation, let residual = convolution.residual,
                readers[residual] == 1,
                case .convolution(let shortcut) = graph.layers[residual].operation, !shortcut.isActivated,
                shortcut.residual == nil, shortcut.squeeze == nil,
                ConvolutionShape(layer, convolution, of: graph).takes(
                    ConvolutionShape(graph.layers[residual], shortcut, of: graph),
                    with: network.kernels.pointee)
            else { return nil }
            return residual
        }
    }

    /// Whether a layer takes so little time that computing it again is better than keeping its map while
    /// nothing reads it: a convolution of the image, one channel instead of tens (under 1 % of the time of
    /// AnatomyNet, whose peak memory would hold the map for nothing: a sixth of it).
    private static func isCheapToRepeat(_ index: Int, in network: BoundNetwork) -> Bool {
        let layer = network.graph.layers[index]
        guard network.batchNorm == .running, case .convolution(let convolution) = layer.operation else {
            return false
        }
        return layer.level > 0 && layer.inputs == [0] && convolution.residual == nil
    }

    /// The steps in which a map is wanted, left out the longest stretch in which nothing reads it.
    private static func lifetimes(uses: [Int]) -> [ClosedRange<Int>] {
        let uses = uses.sorted()
        let gaps = zip(uses, uses.dropFirst())
        guard let first = uses.first, let last = uses.last,
            let longest = gaps.max(by: { $0.1 - $0.0 < $1.1 - $1.0 }), longest.1 - longest.0 > 1
        else { return uses.first.map { [$0...(uses.last ?? $0)] } ?? [] }
        return [first...longest.0, longest.1...last]
    }

    /// The storage that a layer may write over: its residual's, or what its shortcut or a 1x1x1
    /// convolution reads, if nothing else wants that afterwards. Each voxel of them is read before it is
    /// overwritten (see `anatomynet_kernels.h`).
    private static func mapToOverwrite(
        by index: Int, layout: FeatureMapLayout, in network: BoundNetwork, shortcut: Int?, lastUse: [Int],
        maps: [MapPlacement?]
    ) -> Arena.Reservation? {
        let graph = network.graph
        guard case .convolution(let convolution) = graph.layers[index].operation else { return nil }
        let inputs = graph.inputMaps(of: graph.layers[index])
        var candidates: [Int] = []
        // Normalisation with the volume's own statistics wants the residual after the convolution.
        if let residual = convolution.residual, network.batchNorm == .running, !inputs.contains(residual) {
            candidates.append(residual)
        }
        if let shortcut {
            candidates += graph.inputMaps(of: graph.layers[shortcut]).filter { !inputs.contains($0) }
        }
        if convolution.kernel == 1 { candidates += inputs.filter { $0 != convolution.residual } }
        return candidates.first { lastUse[$0] == index && maps[$0]?.layout == layout }.flatMap {
            maps[$0]?.data
        }
    }

    private static func sumBytes(of index: Int, in network: BoundNetwork, maps: [MapPlacement?]) -> Int {
        let graph = network.graph
        let layer = graph.layers[index]
        guard case .convolution(let convolution) = layer.operation else { return 0 }
        var summed: [Int] = []
        switch network.batchNorm {
        case .running:
            if convolution.squeeze != nil { summed = graph.inputMaps(of: layer) }
        case .volume:
            if convolution.normalization != nil { summed = [index] }
        }
        return summed.reduce(0) { bytes, map in
            guard let layout = maps[map]?.layout else { return bytes }
            return bytes + layout.blocks.count * PlaneSums.bytes(depth: layout.grid.depth)
        }
    }

    /// For each layer, the gated convolution that wants the sums of its output (`BoundSqueeze`), if one
    /// does.
    private static func readersOfSums(in network: BoundNetwork) -> [Int?] {
        var readers = [Int?](repeating: nil, count: network.graph.layers.count)
        if network.batchNorm == .volume { return readers }
        for (index, layer) in network.graph.layers.enumerated() {
            guard case .convolution(let convolution) = layer.operation, convolution.squeeze != nil else {
                continue
            }
            for map in network.graph.inputMaps(of: layer) { readers[map] = index }
        }
        return readers
    }

    /// Calls `body` with a layer's convolution as far as it is known before there is memory; not for
    /// other layers, nor for those without storage.
    private static func withConvolution(
        _ index: Int, shortcut: Int?, in network: BoundNetwork, maps: [MapPlacement?], head: HeadSchedule,
        _ body: (UnsafePointer<ank_convolution>) -> Void
    ) {
        let layer = network.graph.layers[index]
        guard case .convolution(let convolution) = layer.operation, let output = maps[index]?.layout else {
            return
        }
        let inputGrid = convolution.stride == 2 ? maps[layer.inputs[0]]?.layout.grid : output.grid
        let planes = index >= head.firstLayer ? min(HeadSchedule.slab, output.grid.depth) : output.grid.depth
        let input = inputBlocks(of: layer, convolution, in: network.graph, maps: maps)
        var added: [ank_block] = []
        if let shortcut, case .convolution(let projection) = network.graph.layers[shortcut].operation {
            added = inputBlocks(
                of: network.graph.layers[shortcut], projection, in: network.graph, maps: maps)
        }
        let outputs = output.blocks.map { ank_block(channelsOf: $0, storage: output.storage) }
        input.withUnsafeBufferPointer { input in
            outputs.withUnsafeBufferPointer { outputs in
                var operation = ank_convolution(
                    convolution, wideTiles: network.graph.takesWideTiles, output: output.grid,
                    input: inputGrid ?? output.grid)
                operation.input_count = Int32(input.count)
                operation.input = input.baseAddress
                operation.output_count = Int32(outputs.count)
                operation.output = outputs.baseAddress
                operation.end_plane = Int32(planes)
                added.withUnsafeBufferPointer { added in
                    let shortcut = ank_shortcut(
                        input_count: Int32(added.count), input: added.baseAddress, weights: nil)
                    withUnsafePointer(to: shortcut) { shortcut in
                        if !added.isEmpty { operation.epilogue.shortcut = shortcut }
                        body(&operation)
                    }
                }
            }
        }
    }
}

extension Plan {
    /// The passes over the head that precede the last one, where statistics are the volume's own.
    var statisticsWaves: [StatisticsWave] {
        network.batchNorm == .volume ? network.graph.statisticsWaves(from: head.firstLayer) : []
    }

    /// How often a layer runs over its whole grid.
    func runCount(of layer: Int) -> Double {
        if layer >= head.firstLayer { return Double(1 + statisticsWaves.count { $0.last >= layer }) }
        return repetitions[layer] == nil ? 1 : 2
    }

    /// Multiplications of a direct computation of one run of a layer and of the shortcut within it.
    func multiplicationCount(of layer: Int) -> Double {
        let graph = network.graph
        return ([layer] + (shortcuts[layer].map { [$0] } ?? [])).reduce(0) {
            $0 + graph.multiplicationCount(of: graph.layers[$1], gridVoxels: grid.voxels)
        }
    }

    /// The blocks that a convolution reads, as far as they are known before there is memory.
    private static func inputBlocks(
        of layer: Layer, _ convolution: Layer.Convolution, in graph: LayerGraph, maps: [MapPlacement?]
    ) -> [ank_block] {
        let shape = ConvolutionShape(layer, convolution, of: graph)
        return zip(shape.inputBlocks, shape.inputLayers).map { block, map in
            ank_block(channelsOf: block, storage: maps[map]?.layout.storage ?? .float32)
        }
    }
}
