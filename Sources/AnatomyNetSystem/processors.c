#define _GNU_SOURCE
#include "anatomynet_system.h"
#include "text_file.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t affinity_count(void) {
    /* The kernel refuses a set smaller than its own (EINVAL): grow until it fits. */
    for (int processors = 1024; processors <= 1 << 20; processors *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)processors);
        if (set == NULL) return 1;
        size_t bytes = CPU_ALLOC_SIZE((size_t)processors);
        int failed = sched_getaffinity(0, bytes, set);
        int error = errno;
        int count = failed ? 0 : CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
        if (!failed) return count > 0 ? count : 1;
        if (error != EINVAL) return 1;
    }
    return 1;
}

/* Processors worth of time that the control group version 2 at `path` and the groups above it
 * grant; 0 where they set no quota. */
static int32_t unified_quota(char *path) {
    double granted = 0;
    for (;;) {
        char file[4352], text[128];
        long long quota, period;
        snprintf(file, sizeof file, "/sys/fs/cgroup%s/cpu.max", path);
        if (ans_read_text(file, text, sizeof text) > 0 && sscanf(text, "%lld %lld", &quota, &period) == 2 &&
            quota > 0 && period > 0) {
            double share = (double)quota / (double)period;
            if (granted == 0 || share < granted) granted = share;
        }
        char *slash = strrchr(path, '/');
        if (slash == NULL) break;
        *slash = '\0';
    }
    return granted == 0 ? 0 : (int32_t)(granted + 0.999);
}

static int32_t legacy_quota(const char *path) {
    char file[4352], text[64];
    snprintf(file, sizeof file, "/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", path);
    if (ans_read_text(file, text, sizeof text) <= 0) {
        /* Inside a container the group's own directory is mounted as the root. */
        if (ans_read_text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", text, sizeof text) <= 0) return 0;
        path = "";
    }
    long long quota = atoll(text);
    snprintf(file, sizeof file, "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", path);
    if (quota <= 0 || ans_read_text(file, text, sizeof text) <= 0) return 0;
    long long period = atoll(text);
    return period <= 0 ? 0 : (int32_t)((double)quota / (double)period + 0.999);
}

static int32_t control_group_count(void) {
    char groups[8192];
    if (ans_read_text("/proc/self/cgroup", groups, sizeof groups) <= 0) return 0;
    int32_t count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(groups, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        /* hierarchy:controllers:path */
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (path == NULL) continue;
        *path++ = '\0';
        if (strlen(path) > 4096) continue;
        int32_t granted = 0;
        if (controllers[1] == '\0') {
            granted = unified_quota(strcmp(path, "/") == 0 ? path + 1 : path);
        } else if (strstr(controllers + 1, "cpu") && !strstr(controllers + 1, "cpuset")) {
            granted = legacy_quota(path);
        }
        if (granted > 0 && (count == 0 || granted < count)) count = granted;
    }
    return count;
}

int32_t ans_usable_processors(void) {
    int32_t processors = affinity_count();
    int32_t granted = control_group_count();
    return granted > 0 && granted < processors ? granted : processors;
}
