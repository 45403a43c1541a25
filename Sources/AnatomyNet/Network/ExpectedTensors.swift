extension LayerGraph {
    /// Every tensor of a weight file of this network, under the names of PyTorch.
    var expectedTensors: [ExpectedTensor] {
        layers.flatMap { layer -> [ExpectedTensor] in
            let inputs = inputChannels(of: layer)
            let outputs = layer.channels
            switch layer.operation {
            case .input, .concatenation:
                return []
            case .transposedConvolution:
                return [
                    ExpectedTensor("\(layer.name).weight", shape: [inputs, outputs, 2, 2, 2]),
                    ExpectedTensor("\(layer.name).bias", shape: [outputs]),
                ]
            case .convolution(let convolution):
                let kernel = convolution.kernel
                var tensors = [
                    ExpectedTensor("\(layer.name).weight", shape: [outputs, inputs, kernel, kernel, kernel])
                ]
                if convolution.hasBias {
                    tensors.append(ExpectedTensor("\(layer.name).bias", shape: [outputs]))
                }
                if let name = convolution.normalization {
                    tensors += ExpectedTensor.batchNormalization(name, channels: outputs)
                }
                if let squeeze = convolution.squeeze {
                    tensors += [
                        ExpectedTensor("\(squeeze.name).fc.0.weight", shape: [squeeze.hidden, outputs]),
                        ExpectedTensor("\(squeeze.name).fc.0.bias", shape: [squeeze.hidden]),
                        ExpectedTensor("\(squeeze.name).fc.2.weight", shape: [outputs, squeeze.hidden]),
                        ExpectedTensor("\(squeeze.name).fc.2.bias", shape: [outputs]),
                    ]
                }
                return tensors
            }
        }
    }
}

extension ExpectedTensor {
    init(_ name: String, shape: [Int]) {
        self.init(name: name, shape: shape)
    }

    /// Files of PyTorch 0.3 have no `num_batches_tracked`; nothing depends on it.
    static func batchNormalization(_ name: String, channels: Int) -> [ExpectedTensor] {
        [
            ExpectedTensor("\(name).weight", shape: [channels]),
            ExpectedTensor("\(name).bias", shape: [channels]),
            ExpectedTensor("\(name).running_mean", shape: [channels]),
            ExpectedTensor(name: "\(name).running_var", shape: [channels], kind: .variance),
            ExpectedTensor(name: "\(name).num_batches_tracked", shape: [], kind: .counter, isOptional: true),
        ]
    }
}
