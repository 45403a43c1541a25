/* Loads the library at run time, uses it, closes it, and does so again. */
#include <dlfcn.h>
#include <anatomynet.h>
#include <stdlib.h>

typedef int32_t (*load_function)(const char *, const anatomynet_load_options *, anatomynet_model **);
typedef void (*volume_function)(anatomynet_volume *, uint32_t);
typedef int32_t (*segment_function)(const anatomynet_model *, const anatomynet_volume *,
                                    const anatomynet_segment_options *, uint8_t *, uint64_t,
                                    const anatomynet_outputs *);
typedef void (*free_function)(anatomynet_model *);

int main(int argc, char **argv) {
    enum { edge = 40, voxels = edge * edge * edge };
    int16_t *ct = calloc(voxels, sizeof *ct);
    uint8_t *labels = malloc(voxels);
    int round;
    if (argc < 3 || !ct || !labels) return 2;
    for (round = 0; round < 3; ++round) {
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        load_function load;
        volume_function init;
        segment_function segment;
        free_function release;
        anatomynet_model *model = NULL;
        anatomynet_volume volume;
        if (library == NULL) return 3;
        *(void **)&load = dlsym(library, "anatomynet_load");
        *(void **)&init = dlsym(library, "anatomynet_volume_init");
        *(void **)&segment = dlsym(library, "anatomynet_segment");
        *(void **)&release = dlsym(library, "anatomynet_free");
        if (load(argv[2], NULL, &model) != ANATOMYNET_OK) return 4;
        init(&volume, sizeof volume);
        volume.voxel_type = ANATOMYNET_INT16;
        volume.voxels = ct;
        volume.voxels_bytes = voxels * sizeof *ct;
        volume.dimensions[0] = volume.dimensions[1] = volume.dimensions[2] = edge;
        if (segment(model, &volume, NULL, labels, voxels, NULL) != ANATOMYNET_OK) return 5;
        release(model);
        if (dlclose(library) != 0) return 6;
    }
    free(labels);
    free(ct);
    return 0;
}
