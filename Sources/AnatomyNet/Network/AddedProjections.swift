extension LayerGraph {
    /// The same network with every 3x3x3 projection shortcut computed by the convolution that adds it: two
    /// convolutions of one grid, added up, are one convolution of their concatenated inputs with their
    /// concatenated weights. That saves the projection's map, and a transform of it to and fro.
    ///
    /// Only where nothing comes between the sums and their sum: no gate, and normalisation that is part
    /// of the weights. The layer of such a projection becomes a concatenation of its inputs, so that
    /// indices stay.
    func addingProjections() -> LayerGraph {
        var graph = self
        for (index, layer) in layers.enumerated() {
            guard case .convolution(var convolution) = layer.operation, let residual = convolution.residual,
                case .convolution(let shortcut) = layers[residual].operation,
                convolution.squeeze == nil, shortcut.squeeze == nil, shortcut.residual == nil,
                !shortcut.isActivated, convolution.kernel == 3, shortcut.kernel == 3,
                convolution.stride == 1, shortcut.stride == 1,
                layers.filter({ sources(of: $0).contains(residual) }).count == 1
            else { continue }
            let projection = layers[residual]
            convolution.residual = nil
            convolution.projection = Layer.Projection(
                name: projection.name, normalization: shortcut.normalization, hasBias: shortcut.hasBias)
            graph.layers[residual] = Layer(
                name: projection.name, operation: .concatenation, inputs: projection.inputs,
                channels: inputChannels(of: projection), level: projection.level)
            graph.layers[index] = Layer(
                name: layer.name, operation: .convolution(convolution), inputs: layer.inputs + [residual],
                channels: layer.channels, level: layer.level)
        }
        return graph
    }
}
