/* Which of an instruction set's three convolutions an operation takes: Winograd for 3x3x3, products
 * of rows for 1x1x1 and the stem, and the direct one for everything else. Preparation and execution
 * decide by the same facts: kernel, stride and blocks.
 *
 * Included after the three of them.
 */

static size_t ANK(convolution_weights_bytes)(const ank_convolution_shape *shape) {
    if (winograd_suits_shape(shape, WIDE)) return winograd_weights_bytes(shape, WIDE);
    if (row_convolution_suits_shape(shape, WIDE)) return row_convolution_weights_bytes(shape, WIDE);
    return ANK(direct_weights_bytes)(shape);
}

static void ANK(prepare_convolution)(const ank_convolution_shape *shape, const float *weights, const double *scale,
                                     void *prepared) {
    if (winograd_suits_shape(shape, WIDE))
        winograd_prepare_weights(shape, weights, scale, prepared, WIDE);
    else if (row_convolution_suits_shape(shape, WIDE))
        row_convolution_prepare_weights(shape, weights, scale, prepared, WIDE);
    else
        ANK(prepare_direct)(shape, weights, scale, prepared);
}

static size_t ANK(convolution_scratch_bytes)(const ank_convolution *operation) {
    if (winograd_suits(operation, WIDE)) return winograd_scratch_bytes(operation);
    if (row_convolution_suits(operation, WIDE)) return row_convolution_scratch_bytes(operation);
    return ANK(direct_scratch_bytes)(operation);
}

static int64_t ANK(convolution_items)(const ank_convolution *operation) {
    if (winograd_suits(operation, WIDE)) return winograd_items(operation);
    if (row_convolution_suits(operation, WIDE)) return row_convolution_items(operation);
    return ANK(direct_items)(operation);
}

static int32_t ANK(convolution_sum_addends)(const ank_convolution *operation) {
    return winograd_suits(operation, WIDE) ? winograd_sum_addends(operation) : 0;
}

static int32_t ANK(convolution_takes_labels)(const ank_convolution *operation) {
    return winograd_suits(operation, WIDE);
}

static void ANK(convolve)(const ank_convolution *operation, int64_t item, void *scratch) {
    if (winograd_suits(operation, WIDE))
        winograd_convolve(operation, item, scratch);
    else if (row_convolution_suits(operation, WIDE))
        row_convolution_convolve(operation, item, scratch);
    else
        ANK(direct_convolve)(operation, item, scratch);
}
