/* Sums over planes. A row is added up in single precision, four voxels apart (chains of at most a
 * few hundred additions), rows in double precision. Where the sum of a plane is known, what its border
 * rows and columns add to it is enough. */

static int64_t ANK(plane_sums_items)(const ank_plane_sums *operation) {
    return operation->end_plane - operation->first_plane;
}

ANK_INLINE void ANK(sum_plane)(const ank_plane_sums *operation, int32_t z, const int32_t format) {
    const ank_block *input = operation->input;
    int32_t lanes = input->lanes, width = operation->width, height = operation->height;
    double (*sums)[3][16] = (double (*)[3][16])(operation->sums + (int64_t)z * 9 * 16);
    double squares[16] = {0};
    memset(sums, 0, sizeof(double) * 9 * 16);
    for (int32_t y = 0; y < height; y += 1) {
        const void *row = block_row(input, z, y);
        vector_16 partial[4] = {{0}}, partial_squares[4] = {{0}};
        for (int32_t x = 0; x < width; x += 1) {
            vector_16 value = load_lanes(value_at(row, (int64_t)x * lanes, format), lanes, format);
            partial[x % 4] += value;
            if (operation->squares) partial_squares[x % 4] += value * value;
        }
        vector_16 total = (partial[0] + partial[1]) + (partial[2] + partial[3]);
        vector_16 total_squares = (partial_squares[0] + partial_squares[1]) + (partial_squares[2] + partial_squares[3]);
        vector_16 first = load_lanes(row, lanes, format);
        vector_16 last = load_lanes(value_at(row, (int64_t)(width - 1) * lanes, format), lanes, format);
        for (int32_t ky = 0; ky < 3; ky += 1) {
            if ((ky == 0 && y == height - 1) || (ky == 2 && y == 0)) continue;
            for (int32_t lane = 0; lane < lanes; lane += 1) {
                double whole = (double)total[lane];
                sums[ky][0][lane] += whole - (double)last[lane];
                sums[ky][1][lane] += whole;
                sums[ky][2][lane] += whole - (double)first[lane];
            }
        }
        for (int32_t lane = 0; lane < lanes; lane += 1) squares[lane] += (double)total_squares[lane];
    }
    if (operation->squares) memcpy(operation->squares + (int64_t)z * 16, squares, sizeof squares);
}

/* The nine sums of a plane from the whole plane's: tap ky = 0 leaves out the last row, ky = 2 the first,
 * kx likewise, and where both leave something out, their common voxel would be left out twice. */
ANK_INLINE void ANK(sum_borders)(const ank_plane_sums *operation, int32_t z, const int32_t format) {
    const ank_block *input = operation->input;
    const int32_t lanes = input->lanes, width = operation->width, height = operation->height;
    double (*sums)[3][16] = (double (*)[3][16])(operation->sums + (int64_t)z * 9 * 16);
    double whole[16] = {0}, rows[3][16] = {{0}}, columns[3][16] = {{0}}, corners[3][3][16] = {{{0}}};
    for (int32_t addend = 0; addend < operation->known_addends; addend += 1) {
        const double *known =
            operation->known + ((int64_t)z * operation->known_addends + addend) * operation->known_lanes;
        for (int32_t lane = 0; lane < lanes; lane += 1) whole[lane] += known[lane];
    }
    for (int32_t y = 0; y < height; y += 1) {
        const void *row = block_row(input, z, y);
        const vector_16 first = load_lanes(row, lanes, format);
        const vector_16 last = load_lanes(value_at(row, (int64_t)(width - 1) * lanes, format), lanes, format);
        for (int32_t lane = 0; lane < lanes; lane += 1) {
            columns[0][lane] += (double)last[lane];
            columns[2][lane] += (double)first[lane];
        }
        for (int32_t ky = 0; ky < 3; ky += 2) {
            if (y != (ky == 0 ? height - 1 : 0)) continue;
            for (int32_t x = 0; x < width; x += 1) {
                const vector_16 value = load_lanes(value_at(row, (int64_t)x * lanes, format), lanes, format);
                for (int32_t lane = 0; lane < lanes; lane += 1) rows[ky][lane] += (double)value[lane];
            }
            for (int32_t lane = 0; lane < lanes; lane += 1) {
                corners[ky][0][lane] = (double)last[lane];
                corners[ky][2][lane] = (double)first[lane];
            }
        }
    }
    for (int32_t ky = 0; ky < 3; ky += 1)
        for (int32_t kx = 0; kx < 3; kx += 1)
            for (int32_t lane = 0; lane < lanes; lane += 1)
                sums[ky][kx][lane] = whole[lane] - rows[ky][lane] - columns[kx][lane] + corners[ky][kx][lane];
}

static void ANK(sum_planes)(const ank_plane_sums *operation, int64_t item) {
    const int32_t z = operation->first_plane + (int32_t)item;
    const int float32 = operation->input->format == ANK_FLOAT32;
    if (operation->known) {
        if (float32)
            ANK(sum_borders)(operation, z, ANK_FLOAT32);
        else
            ANK(sum_borders)(operation, z, ANK_BFLOAT16);
    } else if (float32) {
        ANK(sum_plane)(operation, z, ANK_FLOAT32);
    } else {
        ANK(sum_plane)(operation, z, ANK_BFLOAT16);
    }
}
