#include "anatomynet_system.h"

#include <string.h>

/* In the library's thread-local block, so that reporting a failure does not allocate, but for that block where a thread
 * first uses a library that was loaded at run time. */
static _Thread_local char last_error[1024];

void ans_set_last_error(const char *message) {
    size_t length = strlen(message);
    if (length >= sizeof last_error) {
        length = sizeof last_error - 1;
        /* Do not cut through a UTF-8 sequence: continuation bytes are 10xxxxxx. */
        while (length > 0 && ((unsigned char)message[length] & 0xC0) == 0x80) length -= 1;
    }
    memmove(last_error, message, length);
    last_error[length] = '\0';
}

const char *ans_last_error(void) { return last_error; }
