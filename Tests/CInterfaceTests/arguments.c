/* Every function with right and wrong arguments of every kind. C99. */
#include <anatomynet.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { nx = 9, ny = 8, nz = 7, voxels = nx * ny * nz };

static const char *weights;
static int16_t ct[voxels];
static uint8_t labels[voxels + 8];

static anatomynet_volume standard_volume(void) {
    anatomynet_volume volume;
    anatomynet_volume_init(&volume, sizeof volume);
    volume.voxel_type = ANATOMYNET_INT16;
    volume.voxels = ct;
    volume.voxels_bytes = sizeof ct;
    volume.dimensions[0] = nx;
    volume.dimensions[1] = ny;
    volume.dimensions[2] = nz;
    return volume;
}

/* Segments and verifies that labels stay as they were on failure. */
static int32_t segment(const anatomynet_model *model, const anatomynet_volume *volume,
                       const anatomynet_segment_options *options, uint64_t bytes,
                       const anatomynet_outputs *outputs) {
    int32_t status;
    size_t i, changed = 0;
    memset(labels, 0xA5, sizeof labels);
    status = anatomynet_segment(model, volume, options, labels, bytes, outputs);
    for (i = 0; i < sizeof labels; ++i) changed += labels[i] != 0xA5;
    if (status != ANATOMYNET_OK) {
        CHECK(changed == 0);
        CHECK(anatomynet_last_error()[0] != '\0');
    }
    return status;
}

static void queries(const anatomynet_model *model) {
    anatomynet_model_properties properties;
    uint64_t older[2] = {8, 0x5555555555555555u};
    uint32_t size = 8;
    CHECK(strcmp(anatomynet_status_name(0), "ANATOMYNET_OK") == 0);
    CHECK(strcmp(anatomynet_status_name(10), "ANATOMYNET_ERROR_SPACING") == 0);
    CHECK(strcmp(anatomynet_status_name(-1), "unknown status") == 0);
    CHECK(strcmp(anatomynet_status_name(1000), "unknown status") == 0);
    CHECK(strchr(anatomynet_version(), '.') != NULL);
    CHECK(anatomynet_abi_version() == 0);
    CHECK(anatomynet_instruction_set()[0] != '\0');
    CHECK(anatomynet_model_class_count(model) == 3);
    CHECK(anatomynet_model_class_count(NULL) == 0);
    CHECK(strcmp(anatomynet_model_class_name(model, 2), "Larynx \xC3\xA9") == 0);
    CHECK(anatomynet_model_class_name(model, 3) == NULL);
    CHECK(anatomynet_model_class_name(model, UINT32_MAX) == NULL);
    CHECK(anatomynet_model_class_name(NULL, 0) == NULL);
    CHECK(strcmp(anatomynet_model_architecture(model), "AnatomyNet") == 0);
    CHECK(anatomynet_model_architecture(NULL) == NULL);
    CHECK(anatomynet_model_parameter_count(model) > 1000);
    CHECK(anatomynet_model_parameter_count(NULL) == 0);
    CHECK(strlen(anatomynet_model_fingerprint(model)) == 64);
    CHECK(anatomynet_model_fingerprint(NULL) == NULL);
    CHECK(strcmp(anatomynet_model_metadata(model, "institute"), "f\xC3\xBCr Pr\xC3\xBC" "fzwecke") == 0);
    CHECK(strcmp(anatomynet_model_metadata(model, "anatomynet.license"), "CC0") == 0);
    CHECK(anatomynet_model_metadata(model, "none") == NULL);
    CHECK(anatomynet_model_metadata(model, "") == NULL);
    CHECK(anatomynet_model_metadata(model, "\xFF\xFE") == NULL);
    CHECK(anatomynet_model_metadata(model, NULL) == NULL);
    CHECK(anatomynet_model_metadata(NULL, "institute") == NULL);
    CHECK(strcmp(anatomynet_model_metadata_key(model, 0), "anatomynet.format_version") == 0);
    CHECK(strcmp(anatomynet_model_metadata_key(model, 7), "anatomynet.data_sha256") == 0);
    CHECK(anatomynet_model_metadata_key(model, 8) == NULL);
    CHECK(anatomynet_model_metadata_key(model, UINT32_MAX) == NULL);
    CHECK(anatomynet_model_metadata_key(NULL, 0) == NULL);

    anatomynet_model_properties_init(&properties, sizeof properties);
    CHECK(anatomynet_model_describe(model, &properties) == ANATOMYNET_OK);
    CHECK(properties.struct_size == sizeof properties);
    CHECK(properties.class_count == 3);
    CHECK(properties.window_lower == -1000 && properties.window_upper == 1500);
    CHECK(properties.intensity_window == ANATOMYNET_WINDOW_LINEAR);
    CHECK(properties.activation == ANATOMYNET_ACTIVATION_LEAKY_RELU);
    CHECK(properties.negative_slope == 0.01);
    CHECK(properties.spacing_mode == ANATOMYNET_SPACING_NONE);
    CHECK(properties.batch_norm == ANATOMYNET_BATCH_NORM_RUNNING);
    CHECK(properties.padding_multiple == 8);
    CHECK(strcmp(properties.orientation, "LPS") == 0);
    CHECK(anatomynet_model_describe(NULL, &properties) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(anatomynet_model_describe(model, NULL) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    memcpy(older, &size, sizeof size);
    CHECK(anatomynet_model_describe(model, (anatomynet_model_properties *)older) == ANATOMYNET_OK);
    CHECK(older[1] == 0x5555555555555555u);
    properties.struct_size = 0;
    CHECK(anatomynet_model_describe(model, &properties) == ANATOMYNET_ERROR_STRUCT_SIZE);
    properties.struct_size = 12;
    CHECK(anatomynet_model_describe(model, &properties) == ANATOMYNET_ERROR_STRUCT_SIZE);
    properties.struct_size = UINT32_MAX;
    CHECK(anatomynet_model_describe(model, &properties) == ANATOMYNET_ERROR_STRUCT_SIZE);
}

static void initialisers(void) {
    anatomynet_load_options_init(NULL, sizeof(anatomynet_load_options));
    anatomynet_model_properties_init(NULL, 8);
    anatomynet_volume_init(NULL, sizeof(anatomynet_volume));
    anatomynet_segment_options_init(NULL, 8);
    anatomynet_outputs_init(NULL, 8);
    anatomynet_measurement_init(NULL, 8);
    {
        union { anatomynet_volume volume; unsigned char bytes[4096]; } u;
        size_t i, touched = 0;
        memset(&u, 0xA5, sizeof u);
        anatomynet_volume_init(&u.volume, 16);
        for (i = 16; i < sizeof u; ++i) touched += u.bytes[i] != 0xA5;
        CHECK(touched == 0);
        CHECK(u.volume.struct_size == 16);
        memset(&u, 0xA5, sizeof u);
        anatomynet_volume_init(&u.volume, 7);
        anatomynet_volume_init(&u.volume, 0);
        anatomynet_volume_init(&u.volume, UINT32_MAX);
        for (i = 0; i < sizeof u; ++i) touched += u.bytes[i] != 0xA5;
        CHECK(touched == 0);
        anatomynet_volume_init(&u.volume, sizeof u.volume);
        CHECK(u.volume.rescale_slope == 1 && u.volume.rescale_intercept == 0);
        CHECK(u.volume.direction[0] == 1 && u.volume.direction[4] == 1 && u.volume.direction[8] == 1);
    }
}

static int32_t load_with(const anatomynet_load_options *options) {
    anatomynet_model *model = (anatomynet_model *)&weights;
    int32_t status = anatomynet_load(weights, options, &model);
    CHECK((status == ANATOMYNET_OK) == (model != NULL));
    if (status != ANATOMYNET_OK) CHECK(anatomynet_last_error()[0] != '\0');
    anatomynet_free(model);
    return status;
}

static void loading(void) {
    static const char *const two[] = {"background", "a"};
    static const char *const three[] = {"background", "a", "b"};
    static const char *const with_null[] = {"background", "a", NULL};
    static const char *const twice[] = {"background", "a", "a"};
    char long_name[1000];
    anatomynet_model *model = NULL;
    anatomynet_load_options options;
    struct { anatomynet_load_options options; uint64_t later; } newer;

    CHECK(anatomynet_load(NULL, NULL, &model) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(anatomynet_load(weights, NULL, NULL) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(anatomynet_load("", NULL, &model) == ANATOMYNET_ERROR_FILE);
    CHECK(anatomynet_load("/", NULL, &model) == ANATOMYNET_ERROR_FILE);
    CHECK(anatomynet_load("/dev/zero", NULL, &model) == ANATOMYNET_ERROR_FILE);
    CHECK(anatomynet_load("\xFF\xFE\x01", NULL, &model) == ANATOMYNET_ERROR_FILE);
    CHECK(anatomynet_load("arguments.c", NULL, &model) == ANATOMYNET_ERROR_CONTAINER);
    CHECK(model == NULL);
    CHECK(anatomynet_load_memory(NULL, 8, NULL, &model) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(anatomynet_load_memory("", 0, NULL, &model) == ANATOMYNET_ERROR_CONTAINER);
    CHECK(anatomynet_load_memory("", 0, NULL, NULL) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(anatomynet_load_memory("12345678", UINT64_MAX, NULL, &model) == ANATOMYNET_ERROR_CONTAINER);
    anatomynet_free(NULL);

#define WITH(assignment, expected)                                 \
    do {                                                           \
        anatomynet_load_options_init(&options, sizeof options);    \
        assignment;                                                \
        CHECK(load_with(&options) == (expected));                  \
    } while (0)
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    WITH((void)0, ANATOMYNET_OK);
    WITH(options.activation = 3, ANATOMYNET_ERROR_OPTION);
    WITH(options.activation = ANATOMYNET_ACTIVATION_RELU, ANATOMYNET_OK);
    WITH(options.negative_slope = -0.5, ANATOMYNET_ERROR_OPTION);
    WITH(options.negative_slope = 1, ANATOMYNET_ERROR_OPTION);
    WITH(options.negative_slope = NAN, ANATOMYNET_ERROR_OPTION);
    WITH(options.negative_slope = 0.2, ANATOMYNET_OK);
    WITH(options.batch_norm = 3, ANATOMYNET_ERROR_OPTION);
    WITH(options.batch_norm = ANATOMYNET_BATCH_NORM_VOLUME, ANATOMYNET_OK);
    WITH(options.padding_multiple = 65, ANATOMYNET_ERROR_OPTION);
    WITH(options.padding_multiple = 3, ANATOMYNET_ERROR_OPTION);
    WITH(options.padding_multiple = UINT32_MAX, ANATOMYNET_ERROR_OPTION);
    WITH(options.padding_multiple = 2, ANATOMYNET_OK);
    WITH(options.intensity_window = 3, ANATOMYNET_ERROR_OPTION);
    WITH(options.intensity_window = ANATOMYNET_WINDOW_LINEAR, ANATOMYNET_ERROR_OPTION);
    WITH((options.intensity_window = ANATOMYNET_WINDOW_LINEAR, options.window_lower = NAN), ANATOMYNET_ERROR_OPTION);
    WITH((options.intensity_window = ANATOMYNET_WINDOW_LINEAR, options.window_upper = INFINITY), ANATOMYNET_ERROR_OPTION);
    WITH((options.intensity_window = ANATOMYNET_WINDOW_LINEAR, options.window_upper = 100), ANATOMYNET_OK);
    WITH(options.spacing_mode = 3, ANATOMYNET_ERROR_OPTION);
    WITH(options.spacing_mode = ANATOMYNET_SPACING_FIXED, ANATOMYNET_ERROR_OPTION);
    WITH((options.spacing_mode = ANATOMYNET_SPACING_FIXED, options.spacing[0] = options.spacing[1] = 1,
          options.spacing[2] = NAN), ANATOMYNET_ERROR_OPTION);
    WITH(options.architecture = "AnatomyNot", ANATOMYNET_ERROR_UNSUPPORTED);
    WITH(options.architecture = "", ANATOMYNET_ERROR_UNSUPPORTED);
    WITH(options.architecture = "\xFF", ANATOMYNET_ERROR_OPTION);
    WITH(options.architecture = long_name, ANATOMYNET_ERROR_OPTION);
    WITH(options.architecture = "baseline", ANATOMYNET_ERROR_TENSOR);
    WITH(options.architecture = "baselineSERes18Conc", ANATOMYNET_OK);
    WITH(options.orientation = "XYZ", ANATOMYNET_ERROR_OPTION);
    WITH(options.orientation = "RAS", ANATOMYNET_OK);
    WITH(options.class_names = two, ANATOMYNET_ERROR_OPTION);
    WITH((options.class_names = two, options.class_count = 2), ANATOMYNET_ERROR_OPTION);
    WITH((options.class_names = three, options.class_count = UINT32_MAX), ANATOMYNET_ERROR_OPTION);
    WITH((options.class_names = with_null, options.class_count = 3), ANATOMYNET_ERROR_NULL_ARGUMENT);
    WITH((options.class_names = twice, options.class_count = 3), ANATOMYNET_ERROR_OPTION);
    WITH((options.class_names = three, options.class_count = 3), ANATOMYNET_OK);
    WITH(options.instruction_set = 4, ANATOMYNET_ERROR_OPTION);
    WITH(options.instruction_set = UINT32_MAX, ANATOMYNET_ERROR_OPTION);
    WITH(options.instruction_set = ANATOMYNET_INSTRUCTION_SET_PORTABLE, ANATOMYNET_OK);
    WITH(options.keep_memory = 1, ANATOMYNET_OK);
    WITH(options.keep_memory = 2, ANATOMYNET_ERROR_OPTION);
    WITH(options.reserved = 1, ANATOMYNET_ERROR_OPTION);
    WITH(options.struct_size = 0, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH(options.struct_size = 4, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH(options.struct_size += 4, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH(options.struct_size = UINT32_MAX - 7, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH((options.struct_size = 8, options.batch_norm = 77), ANATOMYNET_OK);
#undef WITH
    anatomynet_load_options_init(&newer.options, sizeof newer);
    CHECK(newer.later == 0);
    CHECK(load_with(&newer.options) == ANATOMYNET_OK);
    newer.later = 1;
    CHECK(load_with(&newer.options) == ANATOMYNET_ERROR_STRUCT_SIZE);
}

/* Elements of a later version, which has one field more. */
struct later_measurement {
    anatomynet_measurement known;
    uint64_t later;
};

static void measuring(const anatomynet_model *model) {
    const anatomynet_volume volume = standard_volume();
    struct later_measurement later[3];
    anatomynet_measurement elements[4];
    anatomynet_outputs outputs;
    float probabilities[3 * voxels];
    int i, k;

#define WITH(assignment, expected)                                                        \
    do {                                                                                  \
        anatomynet_outputs_init(&outputs, sizeof outputs);                                \
        for (k = 0; k < 3; ++k) anatomynet_measurement_init(&elements[k], sizeof elements[k]); \
        outputs.measurements = elements;                                                  \
        outputs.measurements_bytes = 3 * sizeof elements[0];                              \
        assignment;                                                                       \
        CHECK(segment(model, &volume, NULL, voxels, &outputs) == (expected));             \
    } while (0)
    WITH((void)0, ANATOMYNET_OK);
    WITH(outputs.measurements_bytes = 0, ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    WITH(outputs.measurements_bytes = 3 * sizeof elements[0] - 1, ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    WITH(outputs.measurements_bytes = UINT64_MAX, ANATOMYNET_OK);
    for (i = 0; i < 3; ++i) {
        WITH(elements[i].struct_size = 0, ANATOMYNET_ERROR_STRUCT_SIZE);
        WITH(elements[i].struct_size -= 8, ANATOMYNET_ERROR_STRUCT_SIZE);
        WITH(elements[i].struct_size = UINT32_MAX, ANATOMYNET_ERROR_STRUCT_SIZE);
    }
    WITH(outputs.measurements = (anatomynet_measurement *)(void *)ct, ANATOMYNET_ERROR_STRUCT_SIZE);
    memset(probabilities, 0, sizeof probabilities);
    WITH((outputs.class_count = 1, outputs.probabilities = (float *)(void *)elements,
          outputs.probabilities_bytes = sizeof probabilities), ANATOMYNET_ERROR_OVERLAP);
    WITH((outputs.class_count = 3, outputs.probabilities = probabilities,
          outputs.probabilities_bytes = sizeof probabilities), ANATOMYNET_OK);
#undef WITH

    anatomynet_outputs_init(&outputs, sizeof outputs);
    outputs.measurements = &later[0].known;
    outputs.measurements_bytes = sizeof later;
    for (i = 0; i < 3; ++i) anatomynet_measurement_init(&later[i].known, sizeof later[i]);
    CHECK(segment(model, &volume, NULL, voxels, &outputs) == ANATOMYNET_OK);
    CHECK(later[2].known.label == 2 && later[2].known.struct_size == sizeof later[2]);
    /* What this version does not know is refused before anything is written. */
    for (i = 0; i < 3; ++i) {
        later[i].later = 1;
        CHECK(segment(model, &volume, NULL, voxels, &outputs) == ANATOMYNET_ERROR_STRUCT_SIZE);
        CHECK(strstr(anatomynet_last_error(), "measurements[") != NULL);
        later[i].later = 0;
    }
    CHECK(segment(model, &volume, NULL, voxels, &outputs) == ANATOMYNET_OK);
}

static void segmenting(const anatomynet_model *model) {
    anatomynet_volume volume;
    anatomynet_segment_options options;
    anatomynet_outputs outputs;
    static float probabilities[3 * voxels];
    static float floats[voxels];
    uint32_t classes[2] = {2, 0};
    uint64_t bytes = 0;
    int i;

#define WITH(assignment, expected)                                               \
    do {                                                                         \
        volume = standard_volume();                                              \
        assignment;                                                              \
        CHECK(segment(model, &volume, NULL, voxels, NULL) == (expected));        \
        /* What decides the memory is verified by the estimate too. */                 \
        if ((expected) == ANATOMYNET_ERROR_DIMENSIONS || (expected) == ANATOMYNET_ERROR_SPACING || \
            (expected) == ANATOMYNET_ERROR_ORIENTATION || (expected) == ANATOMYNET_ERROR_STRUCT_SIZE) \
            CHECK(anatomynet_estimate_memory(model, &volume, NULL, &bytes) == (expected)); \
    } while (0)
    WITH((void)0, ANATOMYNET_OK);
    WITH(volume.voxels = NULL, ANATOMYNET_ERROR_NULL_ARGUMENT);
    WITH(volume.voxels_bytes = sizeof ct - 1, ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    WITH(volume.voxels_bytes = 0, ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    WITH(volume.voxel_type = 0, ANATOMYNET_ERROR_VOXEL_TYPE);
    WITH(volume.voxel_type = 4, ANATOMYNET_ERROR_VOXEL_TYPE);
    WITH(volume.voxel_type = UINT32_MAX, ANATOMYNET_ERROR_VOXEL_TYPE);
    WITH(volume.voxel_type = ANATOMYNET_FLOAT32, ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    WITH(volume.voxel_type = ANATOMYNET_UINT16, ANATOMYNET_OK);
    for (i = 0; i < 3; ++i) {
        WITH(volume.dimensions[i] = 0, ANATOMYNET_ERROR_DIMENSIONS);
        WITH(volume.dimensions[i] = -1, ANATOMYNET_ERROR_DIMENSIONS);
        WITH(volume.dimensions[i] = 32768, ANATOMYNET_ERROR_DIMENSIONS);
        WITH(volume.dimensions[i] = INT64_MAX, ANATOMYNET_ERROR_DIMENSIONS);
        WITH(volume.dimensions[i] = INT64_MIN, ANATOMYNET_ERROR_DIMENSIONS);
        WITH(volume.strides[i] = 2, ANATOMYNET_ERROR_STRIDES);
        WITH((volume.strides[0] = 2, volume.strides[1] = 2 * nx, volume.strides[2] = 2 * nx * ny,
              volume.strides[i] = INT64_MAX), ANATOMYNET_ERROR_STRIDES);
        WITH((volume.strides[0] = 2, volume.strides[1] = 2 * nx, volume.strides[2] = 2 * nx * ny,
              volume.strides[i] = INT64_MIN), ANATOMYNET_ERROR_STRIDES);
        WITH(volume.spacing[i] = 1, ANATOMYNET_ERROR_SPACING);
        WITH((volume.spacing[0] = volume.spacing[1] = volume.spacing[2] = 1, volume.spacing[i] = -1),
             ANATOMYNET_ERROR_SPACING);
        WITH((volume.spacing[0] = volume.spacing[1] = volume.spacing[2] = 1, volume.spacing[i] = NAN),
             ANATOMYNET_ERROR_SPACING);
        WITH((volume.spacing[0] = volume.spacing[1] = volume.spacing[2] = 1, volume.spacing[i] = 0.009),
             ANATOMYNET_ERROR_SPACING);
        WITH((volume.spacing[0] = volume.spacing[1] = volume.spacing[2] = 1, volume.spacing[i] = 101),
             ANATOMYNET_ERROR_SPACING);
        WITH((volume.spacing[0] = volume.spacing[1] = volume.spacing[2] = 1, volume.spacing[i] = INFINITY),
             ANATOMYNET_ERROR_SPACING);
    }
    WITH((volume.strides[0] = 2, volume.strides[1] = 2 * nx, volume.strides[2] = 4 * nx * ny),
         ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    WITH((volume.strides[0] = -2, volume.strides[1] = 2 * nx, volume.strides[2] = 2 * nx * ny,
          volume.voxels = ct + nx - 1), ANATOMYNET_OK);
    WITH(volume.rescale_slope = 0, ANATOMYNET_ERROR_OPTION);
    WITH(volume.rescale_slope = NAN, ANATOMYNET_ERROR_OPTION);
    WITH(volume.rescale_slope = INFINITY, ANATOMYNET_ERROR_OPTION);
    WITH(volume.rescale_intercept = NAN, ANATOMYNET_ERROR_OPTION);
    for (i = 0; i < 9; ++i) {
        WITH(volume.direction[i] = NAN, ANATOMYNET_ERROR_ORIENTATION);
        WITH(volume.direction[i] = INFINITY, ANATOMYNET_ERROR_ORIENTATION);
        WITH(volume.direction[i] = 2, ANATOMYNET_ERROR_ORIENTATION);
    }
    WITH(memset(volume.direction, 0, sizeof volume.direction), ANATOMYNET_ERROR_ORIENTATION);
    WITH(volume.struct_size = 0, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH(volume.struct_size = 13, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH(volume.struct_size = UINT32_MAX, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH(volume.struct_size = 8, ANATOMYNET_ERROR_NULL_ARGUMENT);
    WITH(volume.voxels = labels, ANATOMYNET_ERROR_OVERLAP);
    WITH(volume.voxels = labels + voxels - 1, ANATOMYNET_ERROR_OVERLAP);
    for (i = 0; i < voxels; ++i) floats[i] = (float)i;
    WITH((volume.voxel_type = ANATOMYNET_FLOAT32, volume.voxels = floats, volume.voxels_bytes = sizeof floats),
         ANATOMYNET_OK);
    floats[nx * ny + 2 * nx + 3] = NAN;
    WITH((volume.voxel_type = ANATOMYNET_FLOAT32, volume.voxels = floats, volume.voxels_bytes = sizeof floats),
         ANATOMYNET_ERROR_NONFINITE_VOXEL);
    CHECK(segment(model, &volume, NULL, voxels, NULL) == ANATOMYNET_ERROR_NONFINITE_VOXEL);
    CHECK(strstr(anatomynet_last_error(), "3, 2, 1") != NULL);
    floats[nx * ny + 2 * nx + 3] = -INFINITY;
    CHECK(segment(model, &volume, NULL, voxels, NULL) == ANATOMYNET_ERROR_NONFINITE_VOXEL);
#undef WITH

    volume = standard_volume();
    CHECK(segment(NULL, &volume, NULL, voxels, NULL) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(segment(model, NULL, NULL, voxels, NULL) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(anatomynet_segment(model, &volume, NULL, NULL, voxels, NULL) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(segment(model, &volume, NULL, voxels - 1, NULL) == ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    CHECK(segment(model, &volume, NULL, 0, NULL) == ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    CHECK(segment(model, &volume, NULL, voxels + 1, NULL) == ANATOMYNET_OK);
    CHECK(labels[voxels] == 0xA5);
    CHECK(anatomynet_estimate_memory(NULL, &volume, NULL, &bytes) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(anatomynet_estimate_memory(model, NULL, NULL, &bytes) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    CHECK(anatomynet_estimate_memory(model, &volume, NULL, NULL) == ANATOMYNET_ERROR_NULL_ARGUMENT);
    volume.voxels = NULL;
    bytes = 0;
    CHECK(anatomynet_estimate_memory(model, &volume, NULL, &bytes) == ANATOMYNET_OK && bytes > 0);
    volume = standard_volume();

#define WITH(assignment, expected)                                                 \
    do {                                                                           \
        anatomynet_segment_options_init(&options, sizeof options);                 \
        assignment;                                                                \
        CHECK(segment(model, &volume, &options, voxels, NULL) == (expected));      \
    } while (0)
    WITH((void)0, ANATOMYNET_OK);
    WITH(options.threads = 1, ANATOMYNET_OK);
    WITH(options.threads = 1024, ANATOMYNET_OK);
    WITH(options.threads = 1025, ANATOMYNET_ERROR_OPTION);
    WITH(options.threads = UINT32_MAX, ANATOMYNET_ERROR_OPTION);
    WITH(options.memory_limit = 1, ANATOMYNET_ERROR_MEMORY_LIMIT);
    WITH(options.memory_limit = UINT64_MAX, ANATOMYNET_OK);
    WITH(options.feature_map_storage = ANATOMYNET_STORAGE_BFLOAT16, ANATOMYNET_OK);
    WITH(options.feature_map_storage = 2, ANATOMYNET_ERROR_OPTION);
    WITH(options.feature_map_storage = UINT32_MAX, ANATOMYNET_ERROR_OPTION);
    WITH(options.allow_untrained_spacing = 1, ANATOMYNET_OK);
    WITH(options.allow_untrained_spacing = 2, ANATOMYNET_ERROR_OPTION);
    WITH(options.keep_largest_components = 1, ANATOMYNET_OK);
    WITH(options.keep_largest_components = UINT32_MAX, ANATOMYNET_ERROR_OPTION);
#define REGION(mode, axis, from, count)                                                                   \
    (options.region_mode = (mode), options.region_first[axis] = (from),                                   \
     options.region_dimensions[0] = options.region_dimensions[1] = options.region_dimensions[2] = 1,      \
     options.region_dimensions[axis] = (count))
    WITH(options.region_mode = 3, ANATOMYNET_ERROR_OPTION);
    WITH(options.region_mode = UINT32_MAX, ANATOMYNET_ERROR_OPTION);
    WITH(options.region_mode = ANATOMYNET_REGION_LABELS, ANATOMYNET_ERROR_OPTION);
    for (i = 0; i < 3; ++i) {
        const int64_t extent = standard_volume().dimensions[i];
        WITH(REGION(ANATOMYNET_REGION_LABELS, i, 0, extent), ANATOMYNET_OK);
        WITH(REGION(ANATOMYNET_REGION_LABELS, i, extent - 1, 1), ANATOMYNET_OK);
        WITH(REGION(ANATOMYNET_REGION_LABELS, i, 0, extent + 1), ANATOMYNET_ERROR_OPTION);
        WITH(REGION(ANATOMYNET_REGION_LABELS, i, 1, extent), ANATOMYNET_ERROR_OPTION);
        WITH(REGION(ANATOMYNET_REGION_LABELS, i, -1, 2), ANATOMYNET_ERROR_OPTION);
        WITH(REGION(ANATOMYNET_REGION_LABELS, i, 0, -1), ANATOMYNET_ERROR_OPTION);
        WITH(REGION(ANATOMYNET_REGION_LABELS, i, INT64_MAX, INT64_MAX), ANATOMYNET_ERROR_OPTION);
        WITH(REGION(ANATOMYNET_REGION_LABELS, i, INT64_MIN, INT64_MIN), ANATOMYNET_ERROR_OPTION);
        WITH(REGION(ANATOMYNET_REGION_CROP, i, 0, extent), ANATOMYNET_OK);
        /* A margin is in mm, and this volume's spacing is unknown. */
        WITH((REGION(ANATOMYNET_REGION_CROP, i, 0, extent), options.region_margin = 5), ANATOMYNET_ERROR_OPTION);
    }
    volume.spacing[0] = volume.spacing[1] = volume.spacing[2] = 1;
    WITH(REGION(ANATOMYNET_REGION_CROP, 0, 0, 1), ANATOMYNET_OK);
    WITH((REGION(ANATOMYNET_REGION_CROP, 0, 0, 1), options.region_margin = 1e300), ANATOMYNET_OK);
    WITH((REGION(ANATOMYNET_REGION_CROP, 0, 0, 1), options.region_margin = -1), ANATOMYNET_ERROR_OPTION);
    WITH((REGION(ANATOMYNET_REGION_CROP, 0, 0, 1), options.region_margin = NAN), ANATOMYNET_ERROR_OPTION);
    WITH((REGION(ANATOMYNET_REGION_CROP, 0, 0, 1), options.region_margin = INFINITY), ANATOMYNET_ERROR_OPTION);
    volume = standard_volume();
#undef REGION
    WITH(options.struct_size = 0, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH(options.struct_size = 9, ANATOMYNET_ERROR_STRUCT_SIZE);
#undef WITH

#define WITH(assignment, expected)                                                 \
    do {                                                                           \
        anatomynet_outputs_init(&outputs, sizeof outputs);                         \
        outputs.class_count = 2;                                                   \
        outputs.classes = classes;                                                 \
        outputs.probabilities = probabilities;                                     \
        outputs.probabilities_bytes = sizeof probabilities;                        \
        assignment;                                                                \
        CHECK(segment(model, &volume, NULL, voxels, &outputs) == (expected));      \
    } while (0)
    WITH((void)0, ANATOMYNET_OK);
    WITH(outputs.probabilities_bytes = 2 * voxels * 4, ANATOMYNET_OK);
    WITH(outputs.probabilities_bytes = 2 * voxels * 4 - 1, ANATOMYNET_ERROR_BUFFER_TOO_SHORT);
    WITH(outputs.probabilities = NULL, ANATOMYNET_ERROR_NULL_ARGUMENT);
    WITH(outputs.class_count = UINT32_MAX, ANATOMYNET_ERROR_CLASS);
    WITH((outputs.classes = NULL, outputs.class_count = 3), ANATOMYNET_OK);
    WITH((outputs.classes = NULL, outputs.class_count = 4), ANATOMYNET_ERROR_CLASS);
    WITH(classes[1] = 3, ANATOMYNET_ERROR_CLASS);
    WITH(classes[1] = UINT32_MAX, ANATOMYNET_ERROR_CLASS);
    classes[1] = 0;
    WITH((outputs.class_count = 1, outputs.probabilities = (float *)(void *)labels), ANATOMYNET_ERROR_OVERLAP);
    WITH((outputs.class_count = 1, outputs.probabilities = (float *)(void *)ct), ANATOMYNET_ERROR_OVERLAP);
    WITH(outputs.struct_size = 0, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH(outputs.struct_size = 17, ANATOMYNET_ERROR_STRUCT_SIZE);
    WITH((outputs.class_count = 0, outputs.probabilities = NULL), ANATOMYNET_OK);
#undef WITH

    /* The planes are in the order asked for. */
    anatomynet_outputs_init(&outputs, sizeof outputs);
    outputs.class_count = 3;
    outputs.probabilities = probabilities;
    outputs.probabilities_bytes = sizeof probabilities;
    CHECK(segment(model, &volume, NULL, voxels, &outputs) == ANATOMYNET_OK);
    {
        static float two_planes[2 * voxels];
        outputs.classes = classes;
        outputs.class_count = 2;
        outputs.probabilities = two_planes;
        outputs.probabilities_bytes = sizeof two_planes;
        CHECK(segment(model, &volume, NULL, voxels, &outputs) == ANATOMYNET_OK);
        CHECK(memcmp(two_planes, probabilities + 2 * voxels, voxels * sizeof(float)) == 0);
        CHECK(memcmp(two_planes + voxels, probabilities, voxels * sizeof(float)) == 0);
    }
    for (i = 0; i < voxels; ++i) {
        float sum = probabilities[i] + probabilities[voxels + i] + probabilities[2 * voxels + i];
        if (fabs(sum - 1) > 1e-5) break;
    }
    CHECK(i == voxels);
}

int main(int argc, char **argv) {
    anatomynet_model *model = NULL;
    int i;
    if (argc < 2) return 2;
    weights = argv[1];
    for (i = 0; i < voxels; ++i) ct[i] = (int16_t)(i * 37 % 2000 - 1000);
    CHECK(anatomynet_last_error()[0] == '\0');
    CHECK(anatomynet_load(weights, NULL, &model) == ANATOMYNET_OK);
    if (model != NULL) {
        queries(model);
        segmenting(model);
        measuring(model);
    }
    anatomynet_free(model);
    initialisers();
    loading();
    return finish("arguments");
}
