import AnatomyNetKernels

/// A network with its weights, laid out for one instruction set and ready to run.
///
/// Immutable after it was made: any number of threads may read it.
final class BoundNetwork: @unchecked Sendable {
    /// The network as it runs: its layers are those of the architecture, one by one.
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
        var graph = batchNorm == .running ? graph.addingProjections() : graph
        graph.measuresStatistics = batchNorm == .volume
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
        var weights = try tensor("\(layer.name).weight")
        var factors = try Self.foldedFactors(
            layer.name, hasBias: convolution.hasBias, normalization: convolution.normalization,
            channels: layer.channels, batchNorm: batchNorm, tensor: tensor)
        if batchNorm == .volume, let name = convolution.normalization {
            normalization = (
                try tensor("\(name).weight").withElements { $0.map(Double.init) },
                try tensor("\(name).bias").withElements { $0.map(Double.init) }
            )
        }
        if let projection = convolution.projection {
            let added = try Self.foldedFactors(
                projection.name, hasBias: projection.hasBias, normalization: projection.normalization,
                channels: layer.channels, batchNorm: batchNorm, tensor: tensor)
            weights = try Self.concatenate(
                weights, times: factors.scale, try tensor("\(projection.name).weight"), times: added.scale)
            factors.scale = [Double](repeating: 1, count: layer.channels)
            factors.shift = zip(factors.shift, added.shift).map(+)
        }
        shift = factors.shift.map(Float.init)
        if let squeeze = convolution.squeeze {
            self.squeeze = try BoundSqueeze(
                squeeze, channels: layer.channels, weights: weights, scale: factors.scale,
                bias: factors.shift, tensor: tensor)
        }
        prepared = try ConvolutionShape(layer, convolution, of: graph).prepare(
            weights, scale: factors.scale, with: kernels, purpose: "the weights of \(layer.name)")
    }

    /// Bias and running normalisation as scale · sum + shift: y = weight · (v - mean) / sqrt(variance + ε)
    /// + bias is linear in v.
    private static func foldedFactors(
        _ layer: String, hasBias: Bool, normalization: String?, channels: Int,
        batchNorm: BatchNormStatistics, tensor: (String) throws(AnatomyNetError) -> Buffer<Float>
    ) throws(AnatomyNetError) -> ChannelFactors {
        var scale = [Double](repeating: 1, count: channels)
        var shift = [Double](repeating: 0, count: channels)
        if hasBias { shift = try tensor("\(layer).bias").withElements { $0.map(Double.init) } }
        guard batchNorm == .running, let name = normalization else {
            return ChannelFactors(scale: scale, shift: shift)
        }
        let factor = try tensor("\(name).weight").withElements { $0.map(Double.init) }
        let offset = try tensor("\(name).bias").withElements { $0.map(Double.init) }
        let mean = try tensor("\(name).running_mean")
        let variance = try tensor("\(name).running_var")
        for channel in scale.indices {
            let deviation = (Double(variance[channel]) + batchNormEpsilon).squareRoot()
            scale[channel] = factor[channel] / deviation
            shift[channel] = (shift[channel] - Double(mean[channel])) * scale[channel] + offset[channel]
        }
        return ChannelFactors(scale: scale, shift: shift)
    }

    /// The weights [output][input][tap] of two convolutions, each output's scaled, as those of one
    /// convolution of the first's inputs followed by the second's.
    private static func concatenate(
        _ first: Buffer<Float>, times firstScale: [Double], _ second: Buffer<Float>,
        times secondScale: [Double]
    ) throws(AnatomyNetError) -> Buffer<Float> {
        let result = try Buffer<Float>(
            count: first.count + second.count, purpose: "the weights of two convolutions in one")
        var next = 0
        for output in firstScale.indices {
            for (weights, scale) in [(first, firstScale[output]), (second, secondScale[output])] {
                let count = weights.count / firstScale.count
                for index in output * count..<(output + 1) * count {
                    result[next] = Float(Double(weights[index]) * scale)
                    next += 1
                }
            }
        }
        return result
    }
}
