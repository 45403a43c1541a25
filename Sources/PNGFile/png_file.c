#include "png_file.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report {
    FILE *file;
    char *message;
    size_t message_bytes;
};

static void fail(png_structp png, png_const_charp message) {
    const int reason = errno;
    struct report *report = png_get_error_ptr(png);
    if (ferror(report->file))
        snprintf(report->message, report->message_bytes, "%s", strerror(reason));
    else
        snprintf(report->message, report->message_bytes, "libpng: %s", message);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static int write_png(const void *pixels, uint32_t width, uint32_t height,
                     size_t row_bytes, png_text *texts, int text_count, struct report *report) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, report, fail, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    /* volatile: assigned between setjmp and a possible longjmp. */
    png_bytep volatile row = malloc((size_t)width * 3);

    if (!info || !row) {
        snprintf(report->message, report->message_bytes, "no memory for a PNG writer");
        free(row);
        png_destroy_write_struct(&png, &info);
        return -1;
    }
    if (setjmp(png_jmpbuf(png))) {
        free(row);
        png_destroy_write_struct(&png, &info);
        return -1;
    }
    png_init_io(png, report->file);
    png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_text(png, info, texts, text_count);
    png_write_info(png, info);
    for (uint32_t y = 0; y < height; y++) {
        const unsigned char *source = (const unsigned char *)pixels + y * row_bytes;
        for (uint32_t x = 0; x < width; x++) {
            uint32_t pixel;
            memcpy(&pixel, source + 4 * (size_t)x, sizeof pixel);
            row[3 * (size_t)x] = (png_byte)(pixel >> 16);
            row[3 * (size_t)x + 1] = (png_byte)(pixel >> 8);
            row[3 * (size_t)x + 2] = (png_byte)pixel;
        }
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
    free(row);
    png_destroy_write_struct(&png, &info);
    return 0;
}

int png_file_write(const char *path, const void *pixels, uint32_t width, uint32_t height,
                   size_t row_bytes, const char *const *keywords, const char *const *values,
                   int text_count, char *message, size_t message_bytes) {
    png_text *texts = calloc((size_t)text_count + 1, sizeof *texts);
    FILE *file;
    int status;

    if (!texts) {
        snprintf(message, message_bytes, "no memory for the texts of a PNG file");
        return -1;
    }
    for (int i = 0; i < text_count; i++) {
        texts[i].compression = PNG_TEXT_COMPRESSION_NONE;
        texts[i].key = (png_charp)keywords[i];
        texts[i].text = (png_charp)values[i];
        texts[i].text_length = strlen(values[i]);
    }
    file = fopen(path, "wb");
    if (!file) {
        snprintf(message, message_bytes, "%s", strerror(errno));
        free(texts);
        return -1;
    }
    struct report report = {file, message, message_bytes};
    status = write_png(pixels, width, height, row_bytes, texts, text_count, &report);
    if (fclose(file) != 0 && status == 0) {
        snprintf(message, message_bytes, "%s", strerror(errno));
        status = -1;
    }
    free(texts);
    return status;
}
