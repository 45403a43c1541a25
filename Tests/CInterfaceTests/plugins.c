/* A plugin's constructor that segments, or makes a child, while another thread begins its first call: the loader, which
 * looks for an OpenMP runtime for that thread, waits for the constructor, and so the constructor must not wait for it.
 * Each case runs in a process of its own, and no mere child: in children the library looks for no runtime. */
#define _DEFAULT_SOURCE
#include <anatomynet.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { extent = 24 };

static anatomynet_model *model;
static int16_t voxels[extent * extent * extent];
static unsigned threads_in_constructor;

/* What the plugin calls. */
void (*plugin_is_loading)(void);

static int32_t segment(unsigned threads) {
    uint8_t *labels = malloc(sizeof voxels / sizeof *voxels);
    anatomynet_volume volume;
    anatomynet_segment_options options;
    anatomynet_volume_init(&volume, sizeof volume);
    anatomynet_segment_options_init(&options, sizeof options);
    volume.voxel_type = ANATOMYNET_INT16;
    volume.voxels = voxels;
    volume.voxels_bytes = sizeof voxels;
    for (int axis = 0; axis < 3; ++axis) volume.dimensions[axis] = extent;
    options.threads = threads;
    const int32_t status = anatomynet_segment(model, &volume, &options, labels, extent * extent * extent, NULL);
    free(labels);
    return status;
}

static void *segment_meanwhile(void *unused) {
    (void)unused;
    usleep(100 * 1000);
    if (segment(2) != ANATOMYNET_OK) _exit(4);
    return NULL;
}

static void segment_in_constructor(void) {
    usleep(500 * 1000);
    if (segment(threads_in_constructor) != ANATOMYNET_OK) _exit(5);
}

static void fork_in_constructor(void) {
    usleep(500 * 1000);
    const pid_t child = fork();
    if (child == 0) _exit(0);
    if (child < 0 || waitpid(child, NULL, 0) != child) _exit(6);
}

static int load_plugin(const char *path) {
    pthread_t other;
    alarm(60);
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    if (pthread_create(&other, NULL, segment_meanwhile, NULL) != 0) return 2;
    if (dlopen("./plugin.so", RTLD_NOW) == NULL) return 3;
    pthread_join(other, NULL);
    anatomynet_free(model);
    return 0;
}

static void expect_no_wait(const char *path, const char *name) {
    int status = -1;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "plugins", path, name, (char *)NULL);
        _exit(127);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    for (int i = 0; i < extent * extent * extent; ++i) voxels[i] = (int16_t)(i * 7919 % 2500 - 1000);
    if (argc > 2) {
        plugin_is_loading = strcmp(argv[2], "fork") == 0 ? fork_in_constructor : segment_in_constructor;
        threads_in_constructor = (unsigned)atoi(argv[2]);
        return load_plugin(argv[1]);
    }
    expect_no_wait(argv[1], "1");
    expect_no_wait(argv[1], "2");
    expect_no_wait(argv[1], "fork");
    return finish("plugins");
}
