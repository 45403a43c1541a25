/* The smallest program: an empty CT in, labels out. Usage: minimal MODEL */
#include <anatomynet.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    enum { nx = 48, ny = 40, nz = 32, voxels = nx * ny * nz };
    int16_t *ct = calloc(voxels, sizeof *ct);
    uint8_t *labels = malloc(voxels);
    anatomynet_model *model = NULL;
    anatomynet_volume volume;
    int32_t status;

    if (argc < 2 || !ct || !labels) return 2;
    status = anatomynet_load(argv[1], NULL, &model);
    if (status == ANATOMYNET_OK) {
        anatomynet_volume_init(&volume, sizeof volume);
        volume.voxel_type = ANATOMYNET_INT16;
        volume.voxels = ct;
        volume.voxels_bytes = voxels * sizeof *ct;
        volume.dimensions[0] = nx;
        volume.dimensions[1] = ny;
        volume.dimensions[2] = nz;
        volume.spacing[0] = volume.spacing[1] = volume.spacing[2] = 2.5; /* mm */
        status = anatomynet_segment(model, &volume, NULL, labels, voxels, NULL);
    }
    if (status != ANATOMYNET_OK)
        fprintf(stderr, "%s: %s\n", anatomynet_status_name(status), anatomynet_last_error());
    else
        printf("voxel 0 is %s\n", anatomynet_model_class_name(model, labels[0]));
    anatomynet_free(model);
    free(labels);
    free(ct);
    return status != ANATOMYNET_OK;
}
