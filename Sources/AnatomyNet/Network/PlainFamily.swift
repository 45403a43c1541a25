/// The plain 3D U-Nets of the paper's Section III B, with one to four down-samplings: pairs of
/// convolution, batch normalisation and ReLU, skips concatenated as [skip, decoder].
struct PlainFamily {
    /// Channels of the encoder's four stages.
    var channels: [Int]
    /// How many of the stages halve the resolution.
    var poolings: Int
    var classCount: Int

    var graph: LayerGraph {
        var graph = LayerGraph()
        let image = graph.append(Layer(name: "input", operation: .input, inputs: [], channels: 1, level: 0))
        var encoder = [image]
        for stage in 0..<4 {
            encoder.append(
                pair(
                    "down\(stage + 1).mpconv.0.conv", of: &graph, input: encoder[stage],
                    channels: channels[stage], stride: stage < poolings ? 2 : 1))
        }
        var decoder = encoder[4]
        for step in 1...3 {
            let skip = encoder[4 - step]
            decoder = merged("up\(step)", of: &graph, decoder: decoder, skip: skip)
            decoder = pair(
                "up\(step).conv.conv", of: &graph, input: decoder, channels: graph.layers[skip].channels,
                stride: 1)
        }
        decoder = merged("up4", of: &graph, decoder: decoder, skip: image)
        let between = graph.append(
            Layer(
                name: "up4.conv.conv.0",
                operation: .convolution(.init(hasBias: true, normalization: "up4.conv.conv.1")),
                inputs: [decoder], channels: channels[0] / 2, level: 0))
        _ = graph.append(
            Layer(
                name: "up4.conv.conv.3", operation: .convolution(.init(hasBias: true, isActivated: false)),
                inputs: [between], channels: classCount, level: 0))
        return graph
    }

    /// (Convolution, batch normalisation, ReLU) twice.
    private func pair(
        _ name: String, of graph: inout LayerGraph, input: Int, channels: Int, stride: Int
    ) -> Int {
        let level = graph.layers[input].level + (stride == 2 ? 1 : 0)
        let first = graph.append(
            Layer(
                name: "\(name).0",
                operation: .convolution(.init(stride: stride, normalization: "\(name).1")),
                inputs: [input], channels: channels, level: level))
        return graph.append(
            Layer(
                name: "\(name).3", operation: .convolution(.init(normalization: "\(name).4")),
                inputs: [first], channels: channels, level: level))
    }

    private func merged(_ name: String, of graph: inout LayerGraph, decoder: Int, skip: Int) -> Int {
        var raised = decoder
        let level = graph.layers[skip].level
        if graph.layers[decoder].level > level {
            raised = graph.append(
                Layer(
                    name: "\(name).up", operation: .transposedConvolution, inputs: [decoder],
                    channels: graph.layers[decoder].channels / 2, level: level))
        }
        return graph.append(
            Layer(
                name: "\(name).concatenation", operation: .concatenation, inputs: [skip, raised],
                channels: graph.layers[skip].channels + graph.layers[raised].channels, level: level))
    }
}
