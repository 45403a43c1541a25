/* Outputs past the caches. A map is larger than the caches are, so by the time that the next layer reads it, it is in
 * memory anyway. A vector that fills a whole cache line need not fetch that line first, which would take a third of a
 * convolution's traffic and the room of what the products fetch ahead. Shorter vectors would leave lines half full
 * for as long as the other half is computed, and are slower so (AVX2: 0.95).
 *
 * Included by each instruction set that has products, after them: WIDE are the lanes of its vectors.
 */

enum { STREAMED_LANES = 16 };

/* Whether stream_16() may write the voxels of a row, whose first is at `row`, or NULL. */
ANK_INLINE int is_streamed_row(const void *row, int32_t lanes, int32_t format) {
    return WIDE == STREAMED_LANES && lanes == STREAMED_LANES && format == ANK_FLOAT32 && row
           && (uintptr_t)row % LINE_BYTES == 0;
}

/* Other threads see what was streamed only after this. */
ANK_INLINE void await_streams(void) {
    if (WIDE == STREAMED_LANES) __builtin_ia32_sfence();
}
