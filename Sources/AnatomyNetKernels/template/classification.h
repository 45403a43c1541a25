/* Softmax and arg-max. */

/* e to the power of values that are not positive. With n = round(v / ln 2), e^v = 2^n e^r, and a
 * polynomial of degree 6 gives e^r on |r| <= ln 2 / 2 within 2e-8 relative; ln 2 is subtracted in
 * two parts so that r keeps its bits. Below -87 the result is below the smallest normal number and
 * becomes that of -87. */
ANK_INLINE lanes16 ANK(exponential)(lanes16 value) {
    const lanes16 lowest = broadcast(-87.0f);
    value = select_lanes(value > lowest, value, lowest);
    /* Adding and subtracting 1.5 * 2^23 rounds to an integer, which then stands in the low bits. */
    const lanes16 rounding = broadcast(12582912.0f);
    lanes16 shifted = value * broadcast(1.44269504f) + rounding;
    lanes16 whole = shifted - rounding;
    words16 exponent = (words16)shifted - (words16)rounding;
    lanes16 rest = value - whole * broadcast(0.693359375f);
    rest = rest - whole * broadcast(-2.12194440e-4f);
    lanes16 power = broadcast(1.0f / 720);
    power = power * rest + broadcast(1.0f / 120);
    power = power * rest + broadcast(1.0f / 24);
    power = power * rest + broadcast(1.0f / 6);
    power = power * rest + broadcast(0.5f);
    power = power * rest + broadcast(1.0f);
    power = power * rest + broadcast(1.0f);
    return (lanes16)((words16)power + (exponent << 23));
}

static int64_t ANK(classification_items)(const ank_classification *operation) {
    int64_t groups = (operation->height + ANK(rows_per_item) - 1) / ANK(rows_per_item);
    return (operation->end_plane - operation->first_plane) * groups;
}

static void ANK(classify)(const ank_classification *operation, int64_t item) {
    int64_t groups = (operation->height + ANK(rows_per_item) - 1) / ANK(rows_per_item);
    int32_t plane = (int32_t)(item / groups), z = operation->first_plane + plane;
    int32_t first_row = (int32_t)(item % groups) * ANK(rows_per_item);
    int32_t end_row = first_row + ANK(rows_per_item);
    if (end_row > operation->height) end_row = operation->height;
    for (int32_t y = first_row; y < end_row; y += 1) {
        int64_t place = ((int64_t)plane * operation->height + y) * operation->width;
        for (int32_t x = 0; x < operation->width; x += 1, place += 1) {
            float best = 0;
            int32_t label = -1, first = 0;
            for (int32_t block = 0; block < operation->input_count; block += 1) {
                const ank_block *input = &operation->input[block];
                const float *logits = input->planes[z] + y * input->row_stride + (int64_t)x * input->lanes;
                for (int32_t channel = 0; channel < input->channels; channel += 1) {
                    if (label < 0 || logits[channel] > best) {
                        best = logits[channel];
                        label = first + channel;
                    }
                }
                first += input->channels;
            }
            if (operation->labels) operation->labels[place] = (uint8_t)label;
            if (operation->probabilities == NULL) continue;
            float total = 0;
            for (int32_t pass = 0; pass < 2; pass += 1) {
                first = 0;
                for (int32_t block = 0; block < operation->input_count; block += 1) {
                    const ank_block *input = &operation->input[block];
                    const float *from = input->planes[z] + y * input->row_stride + (int64_t)x * input->lanes;
                    lanes16 power = ANK(exponential)(load_lanes(from, input->lanes) - broadcast(best));
                    for (int32_t channel = 0; channel < input->channels; channel += 1) {
                        if (pass == 0) {
                            total += power[channel];
                        } else if (operation->probabilities[first + channel]) {
                            operation->probabilities[first + channel][place] = power[channel] / total;
                        }
                    }
                    first += input->channels;
                }
            }
        }
    }
}
