import Glibc

/// Squeeze and excitation (paper section II B) whose squeeze is known before the convolution that
/// it gates has run.
///
/// A convolution is linear, so the mean of its output is the same linear function of 27 sums of its
/// input: for tap (kz, ky, kx), the sum of the input voxels that this tap meets while the kernel
/// passes over the grid. They are the sums of all voxels without some border planes, rows and columns.
/// Where the layer before has left the sums of its planes, only borders are read for them, else all of
/// the input. With the gate known beforehand, the convolution's epilogue applies it, and no pass over
/// the output is needed.
struct BoundSqueeze {
    private let hidden: Int
    private let channels: Int
    private let inputChannels: Int
    /// The gated convolution's weights, [output][input][27], and what normalisation makes of its sums.
    private let weights: Buffer<Float>
    private let scale: [Double]
    private let bias: [Double]
    private let reduction: (weight: Buffer<Float>, bias: Buffer<Float>)
    private let expansion: (weight: Buffer<Float>, bias: Buffer<Float>)

    init(
        _ squeeze: Layer.Squeeze, channels: Int, weights: Buffer<Float>, scale: [Double], bias: [Double],
        tensor: (String) throws(AnatomyNetError) -> Buffer<Float>
    ) throws(AnatomyNetError) {
        hidden = squeeze.hidden
        self.channels = channels
        inputChannels = weights.count / channels / 27
        self.weights = weights
        self.scale = scale
        self.bias = bias
        reduction = (try tensor("\(squeeze.name).fc.0.weight"), try tensor("\(squeeze.name).fc.0.bias"))
        expansion = (try tensor("\(squeeze.name).fc.2.weight"), try tensor("\(squeeze.name).fc.2.bias"))
    }

    /// The means of the normalised convolution's output channels.
    ///
    /// - Parameters:
    ///   - sums: for each input channel the 27 sums, tap (kz, ky, kx) at (kz · 3 + ky) · 3 + kx.
    ///   - voxels: of the grid.
    func means(sums: [[Double]], voxels: Int) -> [Double] {
        (0..<channels).map { output in
            var total = 0.0
            for input in 0..<inputChannels {
                let first = (output * inputChannels + input) * 27
                for tap in 0..<27 { total += Double(weights[first + tap]) * sums[input][tap] }
            }
            return scale[output] * total / Double(voxels) + bias[output]
        }
    }

    /// The factors of the channels whose means these are.
    func gate(means: [Double], negativeSlope: Float) -> [Double] {
        let slope = Double(negativeSlope)
        let units = (0..<hidden).map { unit in
            var value = Double(reduction.bias[unit])
            for channel in 0..<channels {
                value += Double(reduction.weight[unit * channels + channel]) * means[channel]
            }
            return max(value, slope * value)
        }
        return (0..<channels).map { channel in
            var value = Double(expansion.bias[channel])
            for unit in 0..<hidden {
                value += Double(expansion.weight[channel * hidden + unit]) * units[unit]
            }
            return 1 / (1 + exp(-value))
        }
    }
}
