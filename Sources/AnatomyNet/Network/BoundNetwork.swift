import AnatomyNetKernels

/// A network with its weights, laid out for one instruction set and ready to run.
///
/// Immutable after it was made: any number of threads may read it.
final class BoundNetwork: @unchecked Sendable {
    let graph: LayerGraph
    let kernels: UnsafePointer<ank_kernels>
    let batchNorm: BatchNormStatistics
    /// activation(v) = max(v, negativeSlope · v).
    let negativeSlope: Float
    /// One for each layer of the graph.
    let layers: [BoundLayer]

    /// - Parameter tensor: gives a tensor's values by name.
    init(
        graph: LayerGraph, kernels: UnsafePointer<ank_kernels>, batchNorm: BatchNormStatistics,
        negativeSlope: Float,
        tensor: (String) throws(AnatomyNetError) -> Buffer<Float>
    ) throws(AnatomyNetError) {
        self.graph = graph
        self.kernels = kernels
        self.batchNorm = batchNorm
        self.negativeSlope = negativeSlope
        var bound: [BoundLayer] = []
        for layer in graph.layers {
            bound.append(
                try BoundLayer(
                    layer, of: graph, kernels: kernels.pointee, batchNorm: batchNorm, tensor: tensor))
        }
        layers = bound
    }
}

/// A layer's weights as the kernels want them, and its per-channel numbers.
struct BoundLayer {
    /// The weights as the kernels of the network's instruction set lay them out.
    var prepared: Buffer<UInt8>?
    /// The convolution's output becomes scale · sum + shift; the scale is already in the weights.
    var shift: [Float] = []
    /// Batch normalisation's weight and bias, kept where statistics are the volume's own.
    var normalization: (weight: [Double], bias: [Double])?
    var squeeze: BoundSqueeze?

    static let batchNormEpsilon = 1e-5

    init(
        _ layer: Layer, of graph: LayerGraph, kernels: ank_kernels, batchNorm: BatchNormStatistics,
        tensor: (String) throws(AnatomyNetError) -> Buffer<Float>
    ) throws(AnatomyNetError) {
        switch layer.operation {
        case .input, .concatenation:
            break
        case .transposedConvolution:
            let weights = try tensor("\(layer.name).weight")
            let inputs = Int32(graph.inputChannels(of: layer))
            let outputs = Int32(layer.channels)
            let memory = try Buffer<UInt8>(
                count: kernels.transposed_weights_bytes(inputs, outputs),
                purpose: "the weights of \(layer.name)")
            withExtendedLifetime(weights) {
                kernels.prepare_transposed(inputs, outputs, weights.pointer, memory.pointer)
            }
            prepared = memory
            shift = try tensor("\(layer.name).bias").withElements(Array.init)
        case .convolution(let convolution):
            try bind(
                convolution, of: layer, in: graph, kernels: kernels, batchNorm: batchNorm, tensor: tensor)
        }
    }

    private mutating func bind(
        _ convolution: Layer.Convolution, of layer: Layer, in graph: LayerGraph, kernels: ank_kernels,
        batchNorm: BatchNormStatistics, tensor: (String) throws(AnatomyNetError) -> Buffer<Float>
    ) throws(AnatomyNetError) {
        let weights = try tensor("\(layer.name).weight")
        var scale = [Double](repeating: 1, count: layer.channels)
        var bias = [Double](repeating: 0, count: layer.channels)
        if convolution.hasBias {
            bias = try tensor("\(layer.name).bias").withElements { $0.map(Double.init) }
        }
        if let name = convolution.normalization {
            let factor = try tensor("\(name).weight").withElements { $0.map(Double.init) }
            let offset = try tensor("\(name).bias").withElements { $0.map(Double.init) }
            switch batchNorm {
            case .running:
                // y = weight · (v - mean) / sqrt(variance + ε) + bias is linear in v and so in the
                // convolution's weights.
                let mean = try tensor("\(name).running_mean")
                let variance = try tensor("\(name).running_var")
                for channel in scale.indices {
                    let deviation = (Double(variance[channel]) + Self.batchNormEpsilon).squareRoot()
                    scale[channel] = factor[channel] / deviation
                    bias[channel] = (bias[channel] - Double(mean[channel])) * scale[channel] + offset[channel]
                }
            case .volume:
                normalization = (factor, offset)
            }
        }
        shift = bias.map(Float.init)
        if let squeeze = convolution.squeeze {
            self.squeeze = try BoundSqueeze(
                squeeze, channels: layer.channels, weights: weights, scale: scale, bias: bias, tensor: tensor)
        }
        prepared = try ConvolutionShape(layer, convolution, of: graph).prepare(
            weights, scale: scale, with: kernels, purpose: "the weights of \(layer.name)")
    }
}
