/// The residual networks of the paper: one down-sampling in the first convolution, residual blocks
/// with or without squeeze and excitation, skips concatenated or added (Zhu et al. 2018, Fig. 1 and
/// the comparison of Section III).
struct ResidualFamily {
    enum Merge {
        /// [decoder, skip], one after the other.
        case concatenate
        /// decoder + conv1x1x1(skip).
        case sum
    }

    /// What lies between the last merge, at full resolution, and the class convolution.
    enum Head: Equatable {
        /// A residual block of 14 channels: the published scripts'.
        case residualBlock
        /// One convolution of 16 channels: the paper's text, which does not say whether it has a bias
        /// or a normalisation.
        case convolution(hasBias: Bool, isNormalized: Bool)

        var channels: Int {
            switch self {
            case .residualBlock: 14
            case .convolution: 16
            }
        }
    }

    /// Channels of the encoder's four stages.
    var channels: [Int]
    /// Residual blocks a stage; the decoder's stages have one fewer after the merging block.
    var blocks: Int
    /// nil: without squeeze and excitation.
    var squeezeReduction: SqueezeReduction?
    var merge: Merge
    var head = Head.residualBlock
    var classCount: Int

    var graph: LayerGraph {
        var graph = LayerGraph()
        let image = graph.append(Layer(name: "input", operation: .input, inputs: [], channels: 1, level: 0))
        let stem = graph.append(
            Layer(
                name: "conv1", operation: .convolution(.init(stride: 2, normalization: "bn1")),
                inputs: [image], channels: channels[0], level: 1))
        let second = stage("layer1", of: &graph, input: stem, channels: channels[1], blocks: blocks)
        let third = stage("layer2", of: &graph, input: second, channels: channels[2], blocks: blocks)
        var decoder = stage("layer3", of: &graph, input: third, channels: channels[3], blocks: blocks)
        let skips = [("layer4", "layer5", third), ("layer6", "layer7", second), ("layer8", "layer9", stem)]
        for (merging, following, skip) in skips {
            decoder = mergingBlock(merging, of: &graph, decoder: decoder, skip: skip)
            decoder = stage(
                following, of: &graph, input: decoder, channels: graph.layers[skip].channels,
                blocks: blocks - 1)
        }
        appendHead(to: &graph, decoder: decoder, image: image)
        return graph
    }

    private func stage(
        _ name: String, of graph: inout LayerGraph, input: Int, channels: Int, blocks: Int
    ) -> Int {
        var current = input
        for index in 0..<blocks {
            current = block(
                "\(name).\(index)", of: &graph, input: current, channels: channels,
                reduction: squeezeReduction?.encoder, shortcutKernel: 1)
        }
        return current
    }

    /// act(bn2(conv2(act(bn1(conv1(x))))) [· gate] + shortcut(x))
    private func block(
        _ name: String, of graph: inout LayerGraph, input: Int, channels: Int, reduction: Int?,
        shortcutKernel: Int
    ) -> Int {
        let level = graph.layers[input].level
        let first = graph.append(
            Layer(
                name: "\(name).conv1", operation: .convolution(.init(normalization: "\(name).bn1")),
                inputs: [input], channels: channels, level: level))
        var shortcut = input
        if graph.layers[input].channels != channels {
            let projection = Layer.Convolution(
                kernel: shortcutKernel, normalization: "\(name).downsample.1", isActivated: false)
            shortcut = graph.append(
                Layer(
                    name: "\(name).downsample.0", operation: .convolution(projection), inputs: [input],
                    channels: channels, level: level))
        }
        let squeeze = reduction.map { Layer.Squeeze(name: "\(name).se", hidden: channels / $0) }
        let second = Layer.Convolution(
            normalization: "\(name).bn2", squeeze: squeeze, residual: shortcut)
        return graph.append(
            Layer(
                name: "\(name).conv2", operation: .convolution(second), inputs: [first], channels: channels,
                level: level))
    }

    private func mergingBlock(
        _ name: String, of graph: inout LayerGraph, decoder: Int, skip: Int
    ) -> Int {
        let merged = merged(name, of: &graph, decoder: decoder, skip: skip)
        return block(
            name, of: &graph, input: merged, channels: graph.layers[skip].channels,
            reduction: squeezeReduction?.decoder, shortcutKernel: squeezeReduction == nil ? 3 : 1)
    }

    private func merged(_ name: String, of graph: inout LayerGraph, decoder: Int, skip: Int) -> Int {
        let level = graph.layers[skip].level
        let decoderChannels = graph.layers[decoder].channels
        switch merge {
        case .concatenate:
            return graph.append(
                Layer(
                    name: "\(name).concatenation", operation: .concatenation, inputs: [decoder, skip],
                    channels: decoderChannels + graph.layers[skip].channels, level: level))
        case .sum:
            let projection = Layer.Convolution(
                kernel: 1, hasBias: true, residual: decoder, isActivated: false)
            return graph.append(
                Layer(
                    name: "\(name).conv1x1x1", operation: .convolution(projection), inputs: [skip],
                    channels: decoderChannels, level: level))
        }
    }

    /// The return to full resolution, the merge with the raw input, and the class convolution.
    private func appendHead(to graph: inout LayerGraph, decoder: Int, image: Int) {
        let raised = graph.append(
            Layer(
                name: "layer10.deconv1", operation: .transposedConvolution, inputs: [decoder],
                channels: channels[0] / 2, level: 0))
        let merged = merged("layer10", of: &graph, decoder: raised, skip: image)
        let last: Int
        switch head {
        case .residualBlock:
            last = block(
                "layer10", of: &graph, input: merged, channels: head.channels, reduction: nil,
                shortcutKernel: 3)
        case .convolution(let hasBias, let isNormalized):
            let convolution = Layer.Convolution(
                hasBias: hasBias, normalization: isNormalized ? "layer10.bn1" : nil)
            last = graph.append(
                Layer(
                    name: "layer10.conv1", operation: .convolution(convolution), inputs: [merged],
                    channels: head.channels, level: 0))
        }
        _ = graph.append(
            Layer(
                name: "layer11.0", operation: .convolution(.init(hasBias: true, isActivated: false)),
                inputs: [last], channels: classCount, level: 0))
    }
}
