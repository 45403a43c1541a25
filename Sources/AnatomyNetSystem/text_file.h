/* Small files by which the system says something. */
#ifndef ANATOMYNET_TEXT_FILE_H
#define ANATOMYNET_TEXT_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Reads at most size - 1 bytes of a file, and ends them with a NUL; the length, or -1. */
ssize_t ans_read_text(const char *path, char *text, size_t size);

#endif
