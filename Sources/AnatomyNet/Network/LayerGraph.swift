/// A network as data: layers in an order in which each comes after what it reads.
public struct LayerGraph: Sendable, Equatable {
    /// Layer 0 is the input image; the last layer gives the logits.
    public internal(set) var layers: [Layer] = []
    /// Whether batch normalisation takes each volume's own statistics.
    var measuresStatistics = false

    /// Channels of the logits, background included.
    public var classCount: Int { layers[layers.count - 1].channels }

    /// What every dimension of the network's grid must be a multiple of.
    public var paddingUnit: Int { 1 << layers.reduce(0) { max($0, $1.level) } }

    /// The layers that a layer reads, in the order of channels for a concatenation, a convolution's
    /// residual last.
    func sources(of layer: Layer) -> [Int] {
        guard case .convolution(let convolution) = layer.operation, let residual = convolution.residual
        else { return layer.inputs }
        return layer.inputs + [residual]
    }

    /// The maps whose channels, one after another, are the layer's input: concatenations resolved.
    func inputMaps(of layer: Layer) -> [Int] {
        layer.inputs.flatMap { index in
            switch layers[index].operation {
            case .concatenation: inputMaps(of: layers[index])
            default: [index]
            }
        }
    }

    /// Channels of all its inputs together.
    public func inputChannels(of layer: Layer) -> Int {
        layer.inputs.reduce(0) { $0 + layers[$1].channels }
    }

    /// Whether its 3x3x3 convolutions take wide Winograd tiles (`ank_convolution_shape`): 7 % faster with
    /// AVX-512, but twice the rounding error in each. The gates of squeeze and excitation damp what every block adds
    /// to its input, error included: with random weights the logits' becomes 2e-6 to 7e-6 of their standard
    /// deviation, where residual networks without gates reach 13e-6 (7e-6 with narrow tiles). Statistics that are measured
    /// make small deviations large again: with them gated networks reach 14e-6 (7e-6), too.
    var takesWideTiles: Bool {
        !measuresStatistics
            && layers.contains { layer in
                guard case .convolution(let convolution) = layer.operation else { return false }
                return convolution.squeeze != nil
            }
    }

    mutating func append(_ layer: Layer) -> Int {
        layers.append(layer)
        return layers.count - 1
    }
}

/// One layer: an operation on feature maps of one resolution.
public struct Layer: Sendable, Equatable {
    /// The prefix of its tensors in a weight file, such as "layer1.0.conv1".
    public let name: String
    /// What it does.
    public let operation: Operation
    /// Indices of the layers it reads.
    public let inputs: [Int]
    /// Channels of its output.
    public let channels: Int
    /// The grid is the network's divided by 2 to this power.
    public let level: Int

    /// What a layer does.
    public enum Operation: Sendable, Equatable {
        case input
        case convolution(Convolution)
        /// Kernel 2, stride 2, with bias.
        case transposedConvolution
        case concatenation
    }

    /// activation(gate · normalization(convolution(input)) + residual): kernel `kernel`³ with zero
    /// padding.
    public struct Convolution: Sendable, Equatable {
        /// Taps along each axis: 1 or 3.
        public var kernel = 3
        /// Voxels of the input for one of the output, along each axis: 1 or 2.
        public var stride = 1
        /// Whether it has a bias of its own beside the batch normalisation's.
        public var hasBias = false
        /// The prefix of its batch normalisation's tensors.
        public var normalization: String?
        /// Squeeze and excitation of the normalised output (paper section II B).
        public var squeeze: Squeeze?
        /// The layer that is added before the activation.
        public var residual: Int?
        /// Whether the activation follows.
        public var isActivated = true
        /// The projection whose inputs are the last of this layer's; see `addingProjections`.
        var projection: Projection?
    }

    /// A convolution that is part of the one that adds it.
    struct Projection: Sendable, Equatable {
        let name: String
        let normalization: String?
        let hasBias: Bool
    }

    /// The gate of squeeze and excitation: sigmoid(W₂ act(W₁ mean + b₁) + b₂), a factor per channel.
    public struct Squeeze: Sendable, Equatable {
        /// The prefix of its tensors, such as "layer1.0.se".
        public let name: String
        /// Units between the two linear maps.
        public let hidden: Int
    }
}

extension LayerGraph {
    /// Trained numbers, as PyTorch counts them: without batch-norm statistics.
    public var parameterCount: Int { layers.reduce(0) { $0 + parameterCount(of: $1) } }

    /// Trained numbers of one layer, as PyTorch counts them.
    public func parameterCount(of layer: Layer) -> Int {
        let inputs = inputChannels(of: layer)
        let outputs = layer.channels
        switch layer.operation {
        case .input, .concatenation:
            return 0
        case .transposedConvolution:
            return 8 * inputs * outputs + outputs
        case .convolution(let convolution):
            let taps = convolution.kernel * convolution.kernel * convolution.kernel
            var count = taps * inputs * outputs
            if convolution.hasBias { count += outputs }
            if convolution.normalization != nil { count += 2 * outputs }
            if let squeeze = convolution.squeeze {
                count += 2 * outputs * squeeze.hidden + outputs + squeeze.hidden
            }
            return count
        }
    }

    /// Multiplications of a direct computation of the layer on a network grid of `voxels` voxels.
    public func multiplicationCount(of layer: Layer, gridVoxels voxels: Int) -> Double {
        let products = Double(inputChannels(of: layer)) * Double(layer.channels)
        let outputVoxels = Double(voxels) / Double(1 << (3 * layer.level))
        switch layer.operation {
        case .input, .concatenation:
            return 0
        case .transposedConvolution:
            return products * outputVoxels
        case .convolution(let convolution):
            let taps = convolution.kernel * convolution.kernel * convolution.kernel
            return products * outputVoxels * Double(taps)
        }
    }
}
