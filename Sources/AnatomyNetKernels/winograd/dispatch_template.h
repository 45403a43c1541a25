/* Which of an instruction set's two convolutions an operation takes.
 *
 * Included with ANK, VECTOR_LANES and WINOGRAD(name), the instruction set's Winograd functions,
 * after the direct convolution.
 */

static size_t ANK(convolution_weights_bytes)(const ank_convolution_shape *shape) {
    return winograd_suits_shape(shape, VECTOR_LANES) ? winograd_weights_bytes(shape, VECTOR_LANES)
                                                     : ANK(direct_weights_bytes)(shape);
}

static void ANK(prepare_convolution)(const ank_convolution_shape *shape, const float *weights, const double *scale,
                                     void *prepared) {
    if (winograd_suits_shape(shape, VECTOR_LANES))
        winograd_prepare_weights(shape, weights, scale, prepared, VECTOR_LANES);
    else
        ANK(prepare_direct)(shape, weights, scale, prepared);
}

static size_t ANK(convolution_scratch_bytes)(const ank_convolution *operation) {
    return winograd_suits(operation, VECTOR_LANES) ? WINOGRAD(scratch_bytes)(operation)
                                                   : ANK(direct_scratch_bytes)(operation);
}

static int64_t ANK(convolution_items)(const ank_convolution *operation) {
    return winograd_suits(operation, VECTOR_LANES) ? WINOGRAD(items)(operation) : ANK(direct_items)(operation);
}

static void ANK(convolve)(const ank_convolution *operation, int64_t item, void *scratch) {
    if (winograd_suits(operation, VECTOR_LANES))
        WINOGRAD(convolve)(operation, item, scratch);
    else
        ANK(direct_convolve)(operation, item, scratch);
}
