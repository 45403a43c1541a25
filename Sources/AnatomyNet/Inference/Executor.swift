import AnatomyNetKernels

/// Carries out a plan: the image in, slabs of logits or their labels out.
///
/// Belongs to one call: used on the calling thread only.
struct Executor {
    private let plan: Plan
    private let workspace: Workspace
    private let runner: Runner
    private let stopwatch: Stopwatch?
    private let sink: any ScoreSink
    /// Where the last layer stores labels in place of logits, if it does.
    private let labels: ank_labels?
    private let kernels: ank_kernels
    private var graph: LayerGraph { plan.network.graph }
    /// For layers whose statistics are the volume's own: what normalisation makes of their sums.
    private var normalizations: [Int: ChannelFactors] = [:]

    /// - Parameter stopwatch: with a step for each layer, and one for what the sink does.
    init(
        plan: Plan, workspace: Workspace, runner: Runner, sink: any ScoreSink, stopwatch: Stopwatch? = nil
    ) {
        self.plan = plan
        self.workspace = workspace
        self.runner = runner
        self.sink = sink
        self.stopwatch = stopwatch
        labels = plan.takesLabels ? sink.plainLabels : nil
        kernels = plan.network.kernels.pointee
    }

    /// The input image's map, to be filled before `run`.
    var image: ank_block { workspace.blocks(of: 0)[0] }

    /// Whether the last layer stores labels in place of logits.
    var storesLabels: Bool { labels != nil }

    /// What a run costs, in the units of the runner's progress.
    static func cost(of plan: Plan) -> Double {
        plan.network.graph.layers.indices.filter { !plan.shortcuts.contains($0) }.reduce(0) {
            $0 + plan.runCount(of: $1) * plan.multiplicationCount(of: $1)
        }
    }

    mutating func run() throws(AnatomyNetError) {
        for index in 1..<plan.head.firstLayer where !plan.shortcuts.contains(index) {
            try repeatLayers(before: index)
            let depth = plan.maps[index]?.layout.grid.depth ?? 0
            try runLayer(index, planes: 0..<depth)
            if plan.network.batchNorm == .volume {
                try stopwatch.measure(index) { () throws(AnatomyNetError) in try normalize(index) }
            }
        }
        for wave in plan.statisticsWaves {
            try runHead(through: wave.last, measuring: wave.layers)
            for layer in wave.layers { measure(layer) }
        }
        try repeatLayers(before: plan.head.firstLayer)
        sink.begin()
        try runHead(through: graph.layers.count - 1, measuring: [])
    }

    private func repeatLayers(before step: Int) throws(AnatomyNetError) {
        for index in graph.layers.indices where plan.repetitions[index] == step {
            try runLayer(index, planes: 0..<(plan.maps[index]?.layout.grid.depth ?? 0))
        }
    }

    private func runHead(through last: Int, measuring: [Int]) throws(AnatomyNetError) {
        let depth = plan.grid.depth
        for step in 0..<plan.head.steps(depth: depth) {
            for index in plan.head.firstLayer...last {
                let planes = plan.head.planes(of: index, step: step, depth: depth)
                if planes.isEmpty { continue }
                try runLayer(index, planes: planes)
                if measuring.contains(index) { try sumPlanes(of: index, planes: planes) }
                if index == graph.layers.count - 1, !storesLabels { try handOver(planes) }
            }
        }
    }

    private func handOver(_ planes: Range<Int>) throws(AnatomyNetError) {
        let last = graph.layers.count - 1
        let logits = workspace.blocks(of: last)
        try stopwatch.measure(last + 1) { () throws(AnatomyNetError) in
            try sink.consume(planes: planes, logits: logits, runner: runner)
        }
    }

    // MARK: Layers

    private func runLayer(_ index: Int, planes: Range<Int>) throws(AnatomyNetError) {
        try stopwatch.measure(index) { () throws(AnatomyNetError) in try runUntimed(index, planes: planes) }
    }

    private func runUntimed(_ index: Int, planes: Range<Int>) throws(AnatomyNetError) {
        let layer = graph.layers[index]
        switch layer.operation {
        case .input, .concatenation:
            break
        case .transposedConvolution:
            try runTransposed(index, layer, planes: planes)
        case .convolution(let convolution):
            try run(convolution, index, layer, planes: planes)
        }
    }

    private func run(
        _ convolution: Layer.Convolution, _ index: Int, _ layer: Layer, planes: Range<Int>
    ) throws(AnatomyNetError) {
        guard let output = plan.maps[index]?.layout, let prepared = plan.network.layers[index].prepared else {
            throw AnatomyNetError(.internal, "layer \(layer.name) has no storage or weights")
        }
        let inputLevel = layer.level - (convolution.stride == 2 ? 1 : 0)
        var (factors, isFinal) = try factors(of: index, layer, convolution)
        if let shortcut = plan.shortcuts[index] {
            // The gate is not for the shortcut, nor for what its normalisation adds.
            let more = plan.network.layers[shortcut].shift
            factors.shift = zip(factors.shift, more).map { $0 + Double($1) }
        }
        let scale = output.perLane(factors.scale)
        let shift = output.perLane(factors.shift)
        let input = workspace.inputBlocks(of: layer)
        let outputs = workspace.blocks(of: index)
        let shortcut = plan.shortcuts[index]
        let residual =
            isFinal && shortcut == nil ? convolution.residual.map { workspace.blocks(of: $0) } : nil
        let added = shortcut.map { workspace.inputBlocks(of: graph.layers[$0]) } ?? []
        let addedWeights = shortcut.flatMap { plan.network.layers[$0].prepared }
        var operation = ank_convolution(
            convolution, wideTiles: graph.takesWideTiles, output: output.grid,
            input: plan.grid.halved(inputLevel))
        operation.weights = UnsafeRawPointer(prepared.pointer)
        operation.zero_row = UnsafePointer(workspace.zeroRow)
        operation.first_plane = Int32(planes.lowerBound)
        operation.end_plane = Int32(planes.upperBound)
        operation.epilogue.negative_slope =
            isFinal && convolution.isActivated ? plan.network.negativeSlope : 1
        operation.epilogue.sums = workspace.outputSums(of: index)
        let cost = cost(of: index, planes: planes)
        try withPointers(input, outputs, scale, shift, residual) {
            (input, outputs, scale, shift, residual) throws(AnatomyNetError) in
            operation.input_count = Int32(input.count)
            operation.input = input.baseAddress
            operation.output_count = Int32(outputs.count)
            operation.output = outputs.baseAddress
            operation.epilogue.scale = scale.baseAddress
            operation.epilogue.shift = shift.baseAddress
            operation.epilogue.residual = residual?.baseAddress
            try withShortcut(added, addedWeights) { (shortcut) throws(AnatomyNetError) in
                operation.epilogue.shortcut = shortcut
                try withPointer(to: index == graph.layers.count - 1 ? labels : nil) {
                    (labels) throws(AnatomyNetError) in
                    operation.epilogue.labels = labels
                    try withUnsafePointer(to: operation) { (operation) throws(AnatomyNetError) in
                        try runner.run(items: kernels.convolution_items(operation), cost: cost) {
                            item, worker in
                            kernels.convolve(operation, item, workspace.scratch(worker: worker))
                        }
                    }
                }
            }
        }
    }

    /// What the convolution's sums are multiplied by and what is added, per channel; and whether its
    /// output is final, or still to be normalised.
    private func factors(
        of index: Int, _ layer: Layer, _ convolution: Layer.Convolution
    ) throws(AnatomyNetError) -> (ChannelFactors, isFinal: Bool) {
        let bound = plan.network.layers[index]
        let shift = bound.shift.map(Double.init)
        if bound.normalization != nil {
            guard let known = normalizations[index] else {
                return (
                    ChannelFactors(scale: [Double](repeating: 1, count: shift.count), shift: shift), false
                )
            }
            // Statistics were taken of the sums with their bias, which therefore cancels.
            let combined = zip(shift, zip(known.scale, known.shift)).map { $0 * $1.0 + $1.1 }
            return (ChannelFactors(scale: known.scale, shift: combined), true)
        }
        guard let squeeze = bound.squeeze, let sums = try sumTaps(of: index, layer) else {
            return (ChannelFactors(scale: [Double](repeating: 1, count: shift.count), shift: shift), true)
        }
        let voxels = plan.grid.halved(layer.level).voxels
        let gate = squeeze.gate(
            means: squeeze.means(sums: sums, voxels: voxels), negativeSlope: plan.network.negativeSlope)
        return (ChannelFactors(scale: gate, shift: zip(shift, gate).map(*)), true)
    }

    private func runTransposed(_ index: Int, _ layer: Layer, planes: Range<Int>) throws(AnatomyNetError) {
        guard let output = plan.maps[index]?.layout, let prepared = plan.network.layers[index].prepared else {
            throw AnatomyNetError(.internal, "layer \(layer.name) has no storage or weights")
        }
        let input = workspace.inputBlocks(of: layer)
        let outputs = workspace.blocks(of: index)
        let shift = output.perLane(plan.network.layers[index].shift.map(Double.init))
        let appended = graph.carriesImage(index) ? [image] : nil
        var operation = ank_transposed_convolution()
        operation.height = Int32(output.grid.height)
        operation.width = Int32(output.grid.width)
        operation.weights = UnsafeRawPointer(prepared.pointer)
        operation.negative_slope = 1
        operation.first_plane = Int32(planes.lowerBound)
        operation.end_plane = Int32(planes.upperBound)
        let cost = cost(of: index, planes: planes)
        try withPointers(input, outputs, shift, shift, appended) {
            (input, outputs, shift, _, appended) throws(AnatomyNetError) in
            operation.input_count = Int32(input.count)
            operation.input = input.baseAddress
            operation.output_count = Int32(outputs.count)
            operation.output = outputs.baseAddress
            operation.shift = shift.baseAddress
            operation.appended = appended?.baseAddress
            try withUnsafePointer(to: operation) { (operation) throws(AnatomyNetError) in
                try runner.run(items: kernels.transposed_items(operation), cost: cost) { item, _ in
                    kernels.convolve_transposed(operation, item)
                }
            }
        }
    }

    private func cost(of layer: Int, planes: Range<Int>) -> Double {
        let depth = plan.grid.halved(graph.layers[layer].level).depth
        return Double(planes.count) / Double(depth) * plan.multiplicationCount(of: layer)
    }

    // MARK: Statistics

    /// The 27 sums of each input channel of a squeezed convolution.
    private func sumTaps(of index: Int, _ layer: Layer) throws(AnatomyNetError) -> [[Double]]? {
        let grid = plan.grid.halved(layer.level)
        guard let sums = workspace.sums(of: index, depth: grid.depth) else { return nil }
        let known = workspace.inputSums(of: layer)
        var taps: [[Double]] = []
        for (block, map) in workspace.inputBlocks(of: layer).enumerated() {
            try sumPlanes(
                of: map, grid: grid, planes: 0..<grid.depth, into: sums, block: block, squares: false,
                known: known[block])
            taps += sums.tapSums(block: block, channels: Int(map.channels))
        }
        return taps
    }

    private func sumPlanes(of index: Int, planes: Range<Int>) throws(AnatomyNetError) {
        let grid = plan.grid.halved(graph.layers[index].level)
        guard let sums = workspace.sums(of: index, depth: grid.depth) else { return }
        for (block, map) in workspace.blocks(of: index).enumerated() {
            try sumPlanes(
                of: map, grid: grid, planes: planes, into: sums, block: block, squares: true, known: nil)
        }
    }

    private func sumPlanes(
        of map: ank_block, grid: FeatureMapLayout.Grid, planes: Range<Int>, into sums: PlaneSums, block: Int,
        squares: Bool, known: KnownSums?
    ) throws(AnatomyNetError) {
        try withUnsafePointer(to: map) { (map) throws(AnatomyNetError) in
            let operation = ank_plane_sums(
                height: Int32(grid.height), width: Int32(grid.width), input: map,
                sums: sums.sums(block: block),
                squares: squares ? sums.squares(block: block) : nil, known: known?.values,
                known_addends: Int32(known?.addends ?? 0), known_lanes: Int32(known?.lanes ?? 0),
                first_plane: Int32(planes.lowerBound), end_plane: Int32(planes.upperBound))
            try withUnsafePointer(to: operation) { (operation) throws(AnatomyNetError) in
                try runner.run(items: kernels.plane_sums_items(operation)) { item, _ in
                    kernels.sum_planes(operation, item)
                }
            }
        }
    }

    /// Derives a layer's normalisation from the sums over its whole output.
    private mutating func measure(_ index: Int) {
        let layer = graph.layers[index]
        let grid = plan.grid.halved(layer.level)
        guard let normalization = plan.network.layers[index].normalization,
            let sums = workspace.sums(of: index, depth: grid.depth)
        else { return }
        let moments = workspace.blocks(of: index).enumerated().flatMap { block, map in
            sums.moments(block: block, channels: Int(map.channels), voxels: grid.voxels)
        }
        let scale = zip(moments, normalization.weight).map { moment, weight in
            weight / (moment.variance + BoundLayer.batchNormEpsilon).squareRoot()
        }
        let shift = moments.indices.map { normalization.bias[$0] - moments[$0].mean * scale[$0] }
        normalizations[index] = ChannelFactors(scale: scale, shift: shift)
    }

    /// Normalises a layer's whole output with its own statistics, then gates it, adds the residual and
    /// activates.
    private mutating func normalize(_ index: Int) throws(AnatomyNetError) {
        let layer = graph.layers[index]
        guard case .convolution(let convolution) = layer.operation, convolution.normalization != nil,
            let layout = plan.maps[index]?.layout
        else { return }
        try sumPlanes(of: index, planes: 0..<layout.grid.depth)
        measure(index)
        guard var factors = normalizations[index],
            let normalization = plan.network.layers[index].normalization
        else { return }
        if let squeeze = plan.network.layers[index].squeeze {
            // The mean of an output that was normalised with its own mean is the normalisation's bias.
            let gate = squeeze.gate(means: normalization.bias, negativeSlope: plan.network.negativeSlope)
            for channel in gate.indices {
                factors.scale[channel] *= gate[channel]
                factors.shift[channel] *= gate[channel]
            }
        }
        let blocks = workspace.blocks(of: index)
        let residual = convolution.residual.map { workspace.blocks(of: $0) }
        var operation = ank_affine()
        operation.height = Int32(layout.grid.height)
        operation.width = Int32(layout.grid.width)
        operation.count = Int32(blocks.count)
        operation.negative_slope = convolution.isActivated ? plan.network.negativeSlope : 1
        operation.end_plane = Int32(layout.grid.depth)
        try withPointers(
            blocks, blocks, layout.perLane(factors.scale), layout.perLane(factors.shift), residual
        ) { (input, output, scale, shift, residual) throws(AnatomyNetError) in
            operation.input = input.baseAddress
            operation.output = output.baseAddress
            operation.scale = scale.baseAddress
            operation.shift = shift.baseAddress
            operation.residual = residual?.baseAddress
            try withUnsafePointer(to: operation) { (operation) throws(AnatomyNetError) in
                try runner.run(items: kernels.affine_items(operation)) { item, _ in
                    kernels.apply_affine(operation, item)
                }
            }
        }
    }
}

extension FeatureMapLayout {
    /// Numbers per channel as floats per lane of all blocks in sequence; unused lanes are 0.
    func perLane(_ values: [Double]) -> [Float] {
        var result: [Float] = []
        var first = 0
        for block in blocks {
            for lane in 0..<block.lanes {
                result.append(lane < block.channels ? Float(values[first + lane]) : 0)
            }
            first += block.channels
        }
        return result
    }
}

/// Calls `body` with a description of a projection shortcut; nil where there is none.
private func withShortcut(
    _ input: [ank_block], _ weights: Buffer<UInt8>?,
    _ body: (UnsafePointer<ank_shortcut>?) throws(AnatomyNetError) -> Void
) throws(AnatomyNetError) {
    guard let weights else { return try body(nil) }
    try input.withUnsafeBufferPointer { (input) throws(AnatomyNetError) in
        let shortcut = ank_shortcut(
            input_count: Int32(input.count), input: input.baseAddress,
            weights: UnsafeRawPointer(weights.pointer))
        try withUnsafePointer(to: shortcut) { (shortcut) throws(AnatomyNetError) in try body(shortcut) }
    }
}

/// Calls `body` with a pointer to a value; nil where there is none.
private func withPointer<Value>(
    to value: Value?, _ body: (UnsafePointer<Value>?) throws(AnatomyNetError) -> Void
) throws(AnatomyNetError) {
    guard let value else { return try body(nil) }
    try withUnsafePointer(to: value) { (pointer) throws(AnatomyNetError) in try body(pointer) }
}

/// Calls `body` with pointers to the arrays' elements.
private func withPointers(
    _ input: [ank_block], _ output: [ank_block], _ scale: [Float], _ shift: [Float], _ more: [ank_block]?,
    _ body: (
        UnsafeBufferPointer<ank_block>, UnsafeBufferPointer<ank_block>, UnsafeBufferPointer<Float>,
        UnsafeBufferPointer<Float>, UnsafeBufferPointer<ank_block>?
    ) throws(AnatomyNetError) -> Void
) throws(AnatomyNetError) {
    try input.withUnsafeBufferPointer { (input) throws(AnatomyNetError) in
        try output.withUnsafeBufferPointer { (output) throws(AnatomyNetError) in
            try scale.withUnsafeBufferPointer { (scale) throws(AnatomyNetError) in
                try shift.withUnsafeBufferPointer { (shift) throws(AnatomyNetError) in
                    guard let more else { return try body(input, output, scale, shift, nil) }
                    try more.withUnsafeBufferPointer { (more) throws(AnatomyNetError) in
                        try body(input, output, scale, shift, more)
                    }
                }
            }
        }
    }
}
