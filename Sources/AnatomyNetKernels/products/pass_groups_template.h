/* How the products of some rows are arranged: rows in portions that fill the registers, passes over the outputs in
 * groups that follow one another without a stop. Included by each instruction set after its products. */

/* Portions that `rows` rows are cut into, each as large as registers allow, and some of them one row smaller
 * than the others. */
struct portions {
    int32_t rows, longer, shorter; /* `longer` of `rows` rows, `shorter` of one less */
};

static struct portions portions_of(int32_t rows, int32_t most) {
    const int32_t count = (rows + most - 1) / most, shorter = (count - rows % count) % count;
    return (struct portions){(rows + count - 1) / count, count - shorter, shorter};
}

/* Prefetches in a portion of a pass over so many vectors. */
static int64_t prefetches_of_portion(const struct source *sources, int32_t count, int32_t vectors) {
    int64_t prefetches = 0;
    for (int32_t i = 0; i < count; i++) {
        const int32_t channels = sources[i].channels - (i == 0);
        for (int32_t k = 0; k < CHANNELS_A_TURN(vectors); k++)
            prefetches += channels / CHANNELS_A_TURN(vectors) * PREFETCHES(k, vectors);
        for (int32_t turn = CHANNELS_A_TURN(vectors) / 2; turn > 0; turn /= 2)
            for (int32_t k = 0; channels & turn && k < turn; k++) prefetches += PREFETCHES(k, vectors);
    }
    return prefetches;
}

/* Spreads what is in the list over the products of `rows` rows, which are taken so many `times`. */
static void spread_fetches(struct fetch_list *list, int64_t times, const struct output_passes *passes, int32_t rows,
                           const struct source *sources, int32_t source_count) {
    int64_t portions = 0, prefetches = 0;
    for (int32_t p = 0; p < passes->count; p++) {
        const struct output_pass *pass = &passes->pass[p];
        const int32_t most = rows_most(pass->wide, pass->narrow);
        const int64_t of_pass = times * ((rows + most - 1) / most);
        portions += of_pass;
        prefetches += of_pass * prefetches_of_portion(sources, source_count, pass->wide + pass->narrow);
    }
    fetch_list_spread(list, portions, prefetches);
}

/* Consecutive passes of one kind, taken together: see struct product. */
struct pass_group {
    struct output_pass kind;
    struct product product;
    int32_t rows;          /* of its longer portions */
    int64_t first_weights; /* floats before its own, at each point */
};

/* Whether all rows are BLOCK_LANES floats apart. */
static int has_whole_block_rows(const struct product *product, const struct output_pass *pass) {
    for (int32_t i = 0; i < product->source_count; i++)
        if (product->sources[i].step != BLOCK_LANES) return 0;
    return !pass->narrow && product->wide_step == BLOCK_LANES;
}

/* Arranges the products of `rows` rows for all passes over the outputs, which lie block by block in `sums`, each
 * block's rows one after another; returns the number of groups. `targets` has room for all passes. */
static int32_t group_passes(const struct output_passes *passes, const struct lane_groups *output, int32_t rows,
                            float *sums, const struct source *sources, int32_t source_count, int32_t channels,
                            struct fetch_list *fetches, struct pass_group *groups, struct target *targets) {
    int32_t count = 0;
    for (int32_t p = 0; p < passes->count; p++) {
        const struct output_pass *pass = &passes->pass[p];
        const struct lane_group *vectors = &output->group[pass->first_group];
        struct pass_group *group = count ? &groups[count - 1] : NULL;
        const int64_t wide_step = pass->wide ? vectors->block_lanes : 0;
        const struct output_pass *before = p ? pass - 1 : NULL;
        if (!group || group->kind.wide != pass->wide || group->kind.narrow != pass->narrow
            || group->product.wide_step != wide_step
            || before->first_group + before->wide + before->narrow != pass->first_group) {
            const struct portions portions = portions_of(rows, rows_most(pass->wide, pass->narrow));
            group = &groups[count++];
            *group = (struct pass_group){
                .kind = *pass,
                .product = {
                    .source_count = source_count,
                    .channels = channels,
                    .sources = sources,
                    .longer = portions.longer,
                    .shorter = portions.shorter,
                    .points = 1,
                    .targets = &targets[p],
                    .wide_step = wide_step,
                    .narrow_step = pass->narrow ? vectors[pass->wide].block_lanes : 0,
                    .fetches = fetches,
                },
                .rows = portions.rows,
                .first_weights = (int64_t)channels * vectors->offset,
            };
            group->product.row_step = has_whole_block_rows(&group->product, pass) ? BLOCK_LANES : ANY_STEP;
        }
        group->product.passes++;
        for (int32_t n = 0; n < pass->wide + pass->narrow; n++) {
            const struct lane_group *vector = &vectors[n];
            float *to = sums + (int64_t)rows * (vector->offset - vector->lane) + vector->lane;
            if (n < pass->wide)
                targets[p].wide[n] = to;
            else
                targets[p].narrow = to;
        }
    }
    return count;
}

static void multiply_group(const struct pass_group *group) {
    multiply_rows(group->rows, group->kind.wide, group->kind.narrow, &group->product);
}
