/* Everything a host program does: options, messages, a memory estimate, progress, cancellation,
 * probabilities and errors.
 *
 * Usage: complete MODEL CT.raw NX NY NZ DX DY DZ LABELS.raw [SECONDS]
 *   CT.raw      HU as int16 in the machine's byte order, x fastest; x to the patient's left, y to
 *               posterior, z to superior
 *   NX NY NZ    voxels;  DX DY DZ  their spacing in mm
 *   LABELS.raw  receives one byte a voxel
 *   SECONDS     cancel after so long
 *
 * Exit status: 0 done, 1 failed, 2 wrong usage, 3 cancelled.
 *
 * Not for clinical use. */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include <anatomynet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct run {
    double start;           /* s, of a clock that only goes forward */
    double seconds_allowed; /* below 0: no limit */
    int percent_shown;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Called on our own thread; whatever is not 0 cancels. */
static int32_t on_progress(double fraction, void *user) {
    struct run *run = user;
    int percent = (int)(fraction * 100);

    if (percent / 10 > run->percent_shown / 10) {
        run->percent_shown = percent;
        fprintf(stderr, "%3d %%\n", percent);
    }
    return run->seconds_allowed >= 0 && now() - run->start > run->seconds_allowed;
}

static void on_message(int32_t level, const char *message, void *user) {
    (void)user;
    fprintf(stderr, "%s: %s\n", level == ANATOMYNET_LOG_WARNING ? "warning" : "note", message);
}

static int read_file(const char *path, void *bytes, size_t size) {
    FILE *file = fopen(path, "rb");
    int complete = file && fread(bytes, 1, size, file) == size;

    if (file) fclose(file);
    return complete;
}

static int write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    int complete = file && fwrite(bytes, 1, size, file) == size;

    if (file && fclose(file) != 0) complete = 0;
    return complete;
}

static int report(const char *what, int32_t status) {
    fprintf(stderr, "%s: %s: %s\n", what, anatomynet_status_name(status), anatomynet_last_error());
    return status == ANATOMYNET_CANCELLED ? 3 : 1;
}

static void print_volumes(const anatomynet_model *model, const anatomynet_volume *volume,
                          const uint8_t *labels, size_t voxels) {
    uint64_t count[256] = {0};
    double millilitres = volume->spacing[0] * volume->spacing[1] * volume->spacing[2] / 1000;
    uint32_t label;
    size_t i;

    for (i = 0; i < voxels; i++) count[labels[i]]++;
    for (label = 1; label < anatomynet_model_class_count(model); label++)
        printf("%-18s %10.2f mL\n", anatomynet_model_class_name(model, label),
               (double)count[label] * millilitres);
}

static int segment(const anatomynet_model *model, const anatomynet_volume *volume, struct run *run,
                   const char *output) {
    size_t voxels = (size_t)(volume->dimensions[0] * volume->dimensions[1] * volume->dimensions[2]);
    uint8_t *labels = malloc(voxels);
    float *confidence = malloc(voxels * sizeof *confidence);
    const uint32_t background = 0;
    anatomynet_segment_options options;
    anatomynet_outputs outputs;
    uint64_t memory = 0;
    int32_t status;
    int result = 1;

    anatomynet_segment_options_init(&options, sizeof options);
    options.threads = 0; /* as many as this process may use */
    options.memory_limit = (uint64_t)8 << 30;
    options.progress = on_progress;
    options.progress_user = run;
    options.log = on_message;
    anatomynet_outputs_init(&outputs, sizeof outputs);
    outputs.class_count = 1;
    outputs.classes = &background;
    outputs.probabilities = confidence;
    outputs.probabilities_bytes = voxels * sizeof *confidence;

    if (!labels || !confidence) {
        fprintf(stderr, "no memory for the results\n");
    } else if ((status = anatomynet_estimate_memory(model, volume, &options, &memory)) != ANATOMYNET_OK) {
        result = report("estimate", status);
    } else {
        fprintf(stderr, "needs %.0f MB\n", (double)memory / 1e6);
        run->start = now();
        status = anatomynet_segment(model, volume, &options, labels, voxels, &outputs);
        if (status != ANATOMYNET_OK) {
            result = report("segment", status);
        } else if (!write_file(output, labels, voxels)) {
            fprintf(stderr, "%s: cannot be written\n", output);
        } else {
            print_volumes(model, volume, labels, voxels);
            result = 0;
        }
    }
    free(confidence);
    free(labels);
    return result;
}

int main(int argc, char **argv) {
    struct run run = {0, -1, 0};
    anatomynet_load_options options;
    anatomynet_model *model = NULL;
    anatomynet_volume volume;
    size_t bytes = sizeof(int16_t);
    int16_t *ct;
    int32_t status;
    int axis, result;

    if (argc < 10 || argc > 11) {
        fprintf(stderr, "usage: %s MODEL CT.raw NX NY NZ DX DY DZ LABELS.raw [SECONDS]\n", argv[0]);
        return 2;
    }
    if (argc == 11) run.seconds_allowed = atof(argv[10]);

    anatomynet_volume_init(&volume, sizeof volume);
    for (axis = 0; axis < 3; axis++) {
        volume.dimensions[axis] = atol(argv[3 + axis]);
        volume.spacing[axis] = atof(argv[6 + axis]);
        if (volume.dimensions[axis] < 1 || volume.dimensions[axis] > 4096) {
            fprintf(stderr, "%s voxels along axis %d\n", argv[3 + axis], axis);
            return 2;
        }
        bytes *= (size_t)volume.dimensions[axis];
    }
    ct = malloc(bytes);
    if (!ct || !read_file(argv[2], ct, bytes)) {
        fprintf(stderr, "%s: cannot read %lu bytes\n", argv[2], (unsigned long)bytes);
        free(ct);
        return 1;
    }
    volume.voxel_type = ANATOMYNET_INT16;
    volume.voxels = ct;
    volume.voxels_bytes = bytes;

    anatomynet_load_options_init(&options, sizeof options);
    options.log = on_message; /* tells which defaults were taken */
    status = anatomynet_load(argv[1], &options, &model);
    if (status != ANATOMYNET_OK) {
        result = report("load", status);
    } else {
        printf("libanatomynet %s, %s, model %.16s\n", anatomynet_version(), anatomynet_instruction_set(),
               anatomynet_model_fingerprint(model));
        result = segment(model, &volume, &run, argv[9]);
    }
    anatomynet_free(model);
    free(ct);
    return result;
}
