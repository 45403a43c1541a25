import AnatomyNetKernels

/// A convolution's channels as the kernels see them: blocks of the maps that it reads, in the order
/// of the blocks, and of the map that it writes.
struct ConvolutionShape {
    let kernel: Int
    let stride: Int
    let hasWideTiles: Bool
    let inputBlocks: [FeatureMapLayout.ChannelBlock]
    /// For each input block, the layer whose map it is of.
    let inputLayers: [Int]
    let outputBlocks: [FeatureMapLayout.ChannelBlock]
    /// For each channel of the blocks, the weights' input channel.
    let inputOrder: [Int32]

    init(_ layer: Layer, _ convolution: Layer.Convolution, of graph: LayerGraph) {
        kernel = convolution.kernel
        stride = convolution.stride
        hasWideTiles = graph.takesWideTiles
        outputBlocks = FeatureMapLayout.channelBlocks(layer.channels)
        let maps = graph.inputMaps(of: layer)
        var firstChannel: [Int: Int] = [:]
        var channels = 0
        for map in maps {
            firstChannel[map] = channels
            channels += graph.layers[map].channels
        }
        var blocks: [FeatureMapLayout.ChannelBlock] = []
        var layers: [Int] = []
        var order: [Int32] = []
        let companion = graph.imageCompanion(of: maps)
        for map in maps where map != 0 || companion == nil {
            let mapChannels = graph.layers[map].channels
            let first = firstChannel[map] ?? 0
            order += (first..<first + mapChannels).map(Int32.init)
            if map == companion {
                blocks += FeatureMapLayout.channelBlocks(mapChannels + 1)
                order.append(Int32(firstChannel[0] ?? 0))
            } else if map == 0 {
                blocks += FeatureMapLayout.imageBlocks
            } else {
                blocks += FeatureMapLayout.channelBlocks(mapChannels)
            }
            layers += [Int](repeating: map, count: blocks.count - layers.count)
        }
        inputBlocks = blocks
        inputLayers = layers
        inputOrder = order
    }

    func prepare(
        _ weights: Buffer<Float>, scale: [Double], with kernels: ank_kernels, purpose: String
    ) throws(AnatomyNetError) -> Buffer<UInt8> {
        let result: Result<Buffer<UInt8>, AnatomyNetError> = withKernelShape { shape in
            do throws(AnatomyNetError) {
                let memory = try Buffer<UInt8>(
                    count: kernels.convolution_weights_bytes(shape), purpose: purpose)
                withExtendedLifetime(weights) {
                    kernels.prepare_convolution(shape, weights.pointer, scale, memory.pointer)
                }
                return .success(memory)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Whether the kernels add `shortcut`, a 1x1x1 convolution to the same map, within this one.
    func takes(_ shortcut: ConvolutionShape, with kernels: ank_kernels) -> Bool {
        withKernelShape { shape in
            shortcut.withKernelShape { shortcut in kernels.takes_shortcut(shape, shortcut) != 0 }
        }
    }

    private func withKernelShape<Result>(_ body: (UnsafePointer<ank_convolution_shape>) -> Result) -> Result {
        let input = inputBlocks.map { ank_block(channelsOf: $0) }
        let output = outputBlocks.map { ank_block(channelsOf: $0) }
        let channels = outputBlocks.reduce(0) { $0 + $1.channels }
        return input.withUnsafeBufferPointer { input in
            output.withUnsafeBufferPointer { output in
                inputOrder.withUnsafeBufferPointer { order in
                    let shape = ank_convolution_shape(
                        kernel: Int32(kernel), stride: Int32(stride), wide_tiles: hasWideTiles ? 1 : 0,
                        input_channels: Int32(order.count), output_channels: Int32(channels),
                        input_count: Int32(input.count), output_count: Int32(output.count),
                        input: input.baseAddress, output: output.baseAddress,
                        input_order: order.baseAddress)
                    return withUnsafePointer(to: shape, body)
                }
            }
        }
    }
}

extension ank_block {
    /// A block of which only the channels are known.
    init(channelsOf block: FeatureMapLayout.ChannelBlock, storage: FeatureMapStorage = .float32) {
        self.init(
            planes: nil, row_stride: 0, lanes: Int32(block.lanes), channels: Int32(block.channels),
            format: storage.format)
    }
}

extension LayerGraph {
    /// Where the input image is concatenated with the output of a transposed convolution, that map:
    /// it carries the image as one more channel, so that the convolution that follows reads whole
    /// blocks only.
    func imageCompanion(of maps: [Int]) -> Int? {
        guard let image = maps.firstIndex(of: 0), maps.count > 1 else { return nil }
        let neighbour = maps[image > 0 ? image - 1 : 1]
        return layers[neighbour].operation == .transposedConvolution ? neighbour : nil
    }

    /// Whether the input image rides along with this layer's output (see `imageCompanion`).
    func carriesImage(_ index: Int) -> Bool {
        layers.contains { layer in
            layer.operation == .concatenation && imageCompanion(of: layer.inputs) == index
        }
    }
}
