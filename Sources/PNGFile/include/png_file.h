#ifndef PNG_FILE_H
#define PNG_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Writes a picture of `width` x `height` opaque pixels as an 8-bit RGB PNG file.
 *
 * pixels     rows from top to bottom, `row_bytes` apart; a pixel is a native-endian uint32_t
 *            0x00RRGGBB (cairo's CAIRO_FORMAT_RGB24)
 * keywords   text_count tEXt keywords (1 to 79 Latin-1 characters) and their values
 * message    receives a sentence, cut to message_bytes, on failure
 *
 * Returns 0, or -1 on failure. In C because libpng reports errors by longjmp, over which Swift
 * frames may not be left. */
int png_file_write(const char *path, const void *pixels, uint32_t width, uint32_t height,
                   size_t row_bytes, const char *const *keywords, const char *const *values,
                   int text_count, char *message, size_t message_bytes);

#endif
