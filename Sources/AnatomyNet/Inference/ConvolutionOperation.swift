import AnatomyNetKernels

extension ank_convolution {
    /// An operation on these grids, everything else still to be filled in.
    init(
        _ convolution: Layer.Convolution, wideTiles: Bool, output: FeatureMapLayout.Grid,
        input: FeatureMapLayout.Grid
    ) {
        self.init()
        kernel = Int32(convolution.kernel)
        stride = Int32(convolution.stride)
        wide_tiles = wideTiles ? 1 : 0
        height = Int32(output.height)
        width = Int32(output.width)
        input_depth = Int32(input.depth)
        input_height = Int32(input.height)
        epilogue.negative_slope = 1
    }
}
