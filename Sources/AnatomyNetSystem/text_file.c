#define _GNU_SOURCE
#include "text_file.h"

#include <fcntl.h>
#include <unistd.h>

ssize_t ans_read_text(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, text, size - 1);
    close(file);
    if (length >= 0) text[length] = '\0';
    return length;
}
