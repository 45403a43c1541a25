/*
 * anatomynet.h - organs at risk in head-and-neck CT, on a CPU
 *
 * NOT FOR CLINICAL USE. libanatomynet is research software. It is not a medical
 * device, has not been evaluated for any clinical purpose, and comes without
 * warranty of any kind (Apache License 2.0). Whoever uses its output for the
 * care of a patient must verify it and is responsible for it.
 *
 * The library runs the network of the paper AnatomyNet (Zhu et al., Medical
 * Physics 2019, arXiv:1808.05238): a whole CT volume in, one label per voxel
 * out. A complete program:
 *
 *     #include <anatomynet.h>
 *     #include <stdio.h>
 *     #include <stdlib.h>
 *
 *     int main(int argc, char **argv) {
 *         enum { nx = 48, ny = 40, nz = 32, voxels = nx * ny * nz };
 *         int16_t *ct = calloc(voxels, sizeof *ct);
 *         uint8_t *labels = malloc(voxels);
 *         anatomynet_model *model = NULL;
 *         anatomynet_volume volume;
 *         int32_t status;
 *
 *         if (argc < 2 || !ct || !labels) return 2;
 *         status = anatomynet_load(argv[1], NULL, &model);
 *         if (status == ANATOMYNET_OK) {
 *             anatomynet_volume_init(&volume, sizeof volume);
 *             volume.voxel_type = ANATOMYNET_INT16;
 *             volume.voxels = ct;
 *             volume.voxels_bytes = voxels * sizeof *ct;
 *             volume.dimensions[0] = nx;
 *             volume.dimensions[1] = ny;
 *             volume.dimensions[2] = nz;
 *             volume.spacing[0] = volume.spacing[1] = volume.spacing[2] = 2.5;
 *             status = anatomynet_segment(model, &volume, NULL, labels, voxels, NULL);
 *         }
 *         if (status != ANATOMYNET_OK)
 *             fprintf(stderr, "%s: %s\n", anatomynet_status_name(status), anatomynet_last_error());
 *         else
 *             printf("voxel 0 is %s\n", anatomynet_model_class_name(model, labels[0]));
 *         anatomynet_free(model);
 *         free(labels);
 *         free(ct);
 *         return status != ANATOMYNET_OK;
 *     }
 *
 * Conventions
 *   Axes        (x, y, z), x fastest in memory unless strides say otherwise.
 *   Patient     DICOM LPS, in mm: +x to the patient's left, +y to posterior, +z to superior.
 *   Status      int32_t; 0 is success. After a failure anatomynet_last_error() has a
 *               sentence that names the argument, what was found and what is allowed.
 *   Structs     start with struct_size; fill them with their _init function first, which
 *               takes the struct's size as the caller knows it and sets every default. A caller
 *               compiled against an older header passes a smaller struct: the fields it lacks take
 *               their defaults. A larger one is accepted if the bytes unknown to this library are
 *               zero. The size must be a multiple of 8, at most 4096.
 *   Threads     Every function may be called from any thread. A model does not change after
 *               it was loaded: any number of threads may segment with one model at once.
 *               Free it when none does. (A constructor, which dlopen() runs, must not wait for a
 *               call on another thread: that may be waiting for the loader.)
 *   Silence     The library prints nothing, reads no environment variable but those of OpenMP
 *               that set the stacks of its threads, installs no signal handler, opens no
 *               connection, and leaves no thread running between calls. (OpenMP's runtime obeys
 *               its own variables, and complains of those that it does not understand; so does
 *               Swift's, of SWIFT_BACKTRACE and SWIFT_DEBUG_. An OpenMP runtime that the host
 *               process loaded before the library's first call keeps its threads as after a
 *               parallel region of the host's with as many, and so does libomp where the library
 *               had to load it, the system having no libgomp. libgomp, where the library loaded
 *               it first, ends those of the calling thread.)
 *   Processes   A child made by fork() may use the library and its models; one that was made within
 *               a callback must not return from it. A thread within a call must not be cancelled
 *               (pthread_cancel) nor leave a callback by longjmp or an exception. The library
 *               stays mapped after dlclose().
 *   Resources   A call needs 192 KB of the calling thread's stack, and the threads of an OpenMP
 *               runtime the same (OMP_STACKSIZE); threads of the library's own have 1 MB each. It
 *               fails with ANATOMYNET_ERROR_OUT_OF_MEMORY where memory is refused. Only what the
 *               Swift and OpenMP runtimes allocate for themselves, in pieces below 64 KB, ends the
 *               process where the system refuses it; so a call does not begin where 16 MB are not
 *               to be had.
 *   Numbers     Rounding mode, floating-point traps and the treatment of subnormal numbers (which
 *               -ffast-math takes for zero) are the default's during a call, callbacks included,
 *               and as they were after it.
 *
 * Everything here is since version 0.1.0, where nothing else is said.
 */
#ifndef ANATOMYNET_H
#define ANATOMYNET_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status values ------------------------------------------------------- */

#define ANATOMYNET_OK 0

/* Arguments */
#define ANATOMYNET_ERROR_NULL_ARGUMENT 1      /* a pointer that must not be NULL is */
#define ANATOMYNET_ERROR_STRUCT_SIZE 2        /* struct_size is unusable, or unknown fields are set */
#define ANATOMYNET_ERROR_DIMENSIONS 3         /* a dimension is not positive, or the size overflows */
#define ANATOMYNET_ERROR_VOXEL_TYPE 4         /* not one of ANATOMYNET_INT16, _UINT16, _FLOAT32 */
#define ANATOMYNET_ERROR_STRIDES 5            /* strides are mixed with zeros, or overflow */
#define ANATOMYNET_ERROR_BUFFER_TOO_SHORT 6   /* a buffer's bytes are fewer than its contents need */
#define ANATOMYNET_ERROR_OVERLAP 7            /* an output shares memory with the input or another output */
#define ANATOMYNET_ERROR_NONFINITE_VOXEL 8    /* a voxel is NaN or infinite; the message names the first */
#define ANATOMYNET_ERROR_OPTION 9             /* an option, rescale value or origin is out of its range */
#define ANATOMYNET_ERROR_SPACING 10           /* spacing is invalid, unknown where needed, or outside the model's range */
#define ANATOMYNET_ERROR_ORIENTATION 11       /* direction is not orthonormal, or too oblique */
#define ANATOMYNET_ERROR_CLASS 12             /* a class asked for does not exist */

/* Weight files */
#define ANATOMYNET_ERROR_FILE 20              /* cannot be opened or read, or is not a regular file */
#define ANATOMYNET_ERROR_CONTAINER 21         /* damaged safetensors container */
#define ANATOMYNET_ERROR_METADATA 22          /* a metadata value is missing, malformed or contradictory */
#define ANATOMYNET_ERROR_TENSOR 23            /* a tensor is missing, unknown, or of wrong type or shape */
#define ANATOMYNET_ERROR_WEIGHT_VALUE 24      /* a weight is NaN or infinite, or a variance negative */
#define ANATOMYNET_ERROR_CHECKSUM 25          /* the data section is not what its checksum says */
#define ANATOMYNET_ERROR_UNSUPPORTED 26       /* format version or architecture unknown to this library */

/* Resources */
#define ANATOMYNET_ERROR_OUT_OF_MEMORY 40     /* the system refused memory */
#define ANATOMYNET_ERROR_MEMORY_LIMIT 41      /* more memory is needed than the options allow */

/* Runs */
#define ANATOMYNET_CANCELLED 60               /* the progress callback asked to stop */
#define ANATOMYNET_ERROR_NONFINITE_SCORE 61   /* the network's scores overflow: the weights, or the voxels with them,
                                                 are too large (since 0.3.0; OK and wrong labels before) */

#define ANATOMYNET_ERROR_INTERNAL 90          /* a defect of this library, from any call; please report it */

/* The name of a status, such as "ANATOMYNET_ERROR_SPACING"; "unknown status" for any other
 * number. Static storage; never NULL. */
const char *anatomynet_status_name(int32_t status);

/* The message of the calling thread's last failure, UTF-8; "" if nothing has failed on it.
 * Valid until the thread's next call into the library that fails, or its end. Never NULL. */
const char *anatomynet_last_error(void);

/* ---- The library --------------------------------------------------------- */

/* Version of the library, "major.minor.patch" (semantic versioning). Static storage. */
const char *anatomynet_version(void);

/* The number in the SONAME: programs linked to another number must be relinked. */
uint32_t anatomynet_abi_version(void);

/* The best instruction set that processor, system and library share: "avx512", "avx2" or
 * "portable". Static storage. */
const char *anatomynet_instruction_set(void);

/* ---- Callbacks ----------------------------------------------------------- */

/* A callback returns: neither a C++ exception nor longjmp may leave it through the library. */

#define ANATOMYNET_LOG_INFORMATION 1
#define ANATOMYNET_LOG_WARNING 2

/* Receives a message (UTF-8, without line feed, valid during the call). level: one of
 * ANATOMYNET_LOG_.... Called only on the thread that called the library, during that call. */
typedef void (*anatomynet_log_callback)(int32_t level, const char *message, void *user);

/* Receives the finished fraction of the work, from 0 to 1, never decreasing. Returns 0 to go on;
 * anything else cancels, and the call returns ANATOMYNET_CANCELLED. Called only on the thread
 * that called the library, during that call. It may not free the model in use. */
typedef int32_t (*anatomynet_progress_callback)(double fraction, void *user);

/* ---- Models -------------------------------------------------------------- */

typedef struct anatomynet_model anatomynet_model;

/* 0 in each of these fields: as the weight file says, or the default where it says nothing. */
#define ANATOMYNET_ACTIVATION_RELU 1
#define ANATOMYNET_ACTIVATION_LEAKY_RELU 2
#define ANATOMYNET_BATCH_NORM_RUNNING 1  /* the statistics in the weight file */
#define ANATOMYNET_BATCH_NORM_VOLUME 2   /* each volume's own statistics */
#define ANATOMYNET_WINDOW_NONE 1         /* voxels enter the network as they are */
#define ANATOMYNET_WINDOW_LINEAR 2       /* (clip(HU, lower, upper) - lower) / (upper - lower) */
#define ANATOMYNET_SPACING_NONE 1        /* the model accepts any spacing as it is */
#define ANATOMYNET_SPACING_FIXED 2       /* the model's voxels have spacing[] mm */

#define ANATOMYNET_INSTRUCTION_SET_BEST 0
#define ANATOMYNET_INSTRUCTION_SET_PORTABLE 1
#define ANATOMYNET_INSTRUCTION_SET_AVX2 2
#define ANATOMYNET_INSTRUCTION_SET_AVX512 3

/* How to load a model. Everything but the last fields overrides what the weight file says;
 * docs/weight-format.md has the meaning and the default of each. */
typedef struct anatomynet_load_options {
    uint32_t struct_size;
    uint32_t activation;          /* ANATOMYNET_ACTIVATION_...; 0: as the file says */
    double negative_slope;        /* of LeakyReLU, in (0, 1); 0: as the file says */
    uint32_t batch_norm;          /* ANATOMYNET_BATCH_NORM_...; 0: as the file says */
    uint32_t padding_multiple;    /* a positive multiple of the network's own, at most 64; 0: as the file says */
    uint32_t intensity_window;    /* ANATOMYNET_WINDOW_...; 0: as the file says */
    uint32_t spacing_mode;        /* ANATOMYNET_SPACING_...; 0: as the file says */
    double window_lower;          /* HU; read where intensity_window is ANATOMYNET_WINDOW_LINEAR */
    double window_upper;          /* HU, above window_lower */
    double spacing[3];            /* mm, x y z; read where spacing_mode is ANATOMYNET_SPACING_FIXED */
    const char *architecture;     /* for instance "baselineSERes18Conc"; NULL: as the file says */
    const char *orientation;      /* for instance "LPS"; NULL: as the file says */
    const char *const *class_names; /* class_count names, background first; NULL: as the file says */
    uint32_t class_count;         /* must be the network's where class_names is given */
    uint32_t instruction_set;     /* ANATOMYNET_INSTRUCTION_SET_...: weights are laid out for it */
    anatomynet_log_callback log;  /* told, during the call, which defaults were taken; NULL: nobody */
    void *log_user;
    uint32_t keep_memory;         /* since 0.2.0. 1: the memory of the largest call so far stays with the model, and calls
                                     that find it do without fresh pages; anatomynet_free releases it. Of calls
                                     that run at once, one finds it.
                                     0 (default): a call releases all it took. (In a virtual machine that
                                     tells its host what memory is free, 4 KB of each megabyte stay, and the address
                                     range: see docs/performance.md, Memory) */
    uint32_t reserved;            /* 0 */
} anatomynet_load_options;

/* Sets every default in the first struct_size bytes, which must be sizeof *options, and options->
 * struct_size. NULL is ignored, and so is a size that is no multiple of 8 from 8 to 4096. */
void anatomynet_load_options_init(anatomynet_load_options *options, uint32_t struct_size);

/* Loads a weight file (docs/weight-format.md).
 *
 * path      a regular file, NUL-terminated in the system's file name encoding
 * options   NULL: all defaults
 * model     receives the model; set to NULL on failure. Free it with anatomynet_free.
 *
 * Nothing is mapped: the file may change or vanish after the call.
 * Returns ANATOMYNET_OK, _NULL_ARGUMENT, _STRUCT_SIZE, _OPTION, any weight file status,
 * _OUT_OF_MEMORY. */
int32_t anatomynet_load(const char *path, const anatomynet_load_options *options,
                        anatomynet_model **model);

/* Loads a weight file that is in memory: `size` bytes at `bytes`, any alignment, needed only
 * during the call. Otherwise as anatomynet_load. */
int32_t anatomynet_load_memory(const void *bytes, uint64_t size,
                               const anatomynet_load_options *options, anatomynet_model **model);

/* Frees a model. NULL is ignored. No other call may be using the model. */
void anatomynet_free(anatomynet_model *model);

/* What a model is. Numbers that the model does not state are 0. */
typedef struct anatomynet_model_properties {
    uint32_t struct_size;
    uint32_t class_count;        /* background included */
    uint64_t parameter_count;    /* trained numbers; batch-norm statistics are not counted */
    double spacing[3];           /* mm, x y z: the grid the network sees */
    double spacing_minimum[3];   /* mm: range of input spacings it is meant for; 0: no limit at that end */
    double spacing_maximum[3];
    double window_lower;         /* HU */
    double window_upper;
    double negative_slope;       /* 0 for ReLU */
    uint32_t intensity_window;   /* ANATOMYNET_WINDOW_... */
    uint32_t spacing_mode;       /* ANATOMYNET_SPACING_... */
    uint32_t activation;         /* ANATOMYNET_ACTIVATION_... */
    uint32_t batch_norm;         /* ANATOMYNET_BATCH_NORM_... */
    uint32_t padding_multiple;   /* voxels */
    char orientation[4];         /* such as "LPS", NUL-terminated */
} anatomynet_model_properties;

/* As anatomynet_load_options_init. */
void anatomynet_model_properties_init(anatomynet_model_properties *properties, uint32_t struct_size);

/* Fills *properties, as much of it as its struct_size says.
 * Returns ANATOMYNET_OK, _NULL_ARGUMENT, _STRUCT_SIZE. */
int32_t anatomynet_model_describe(const anatomynet_model *model,
                                  anatomynet_model_properties *properties);

/* Classes, background included: labels run from 0 to this number less one. 0 for NULL. */
uint32_t anatomynet_model_class_count(const anatomynet_model *model);

/* The name of the class with this label, UTF-8; NULL if there is none (or no model).
 * The strings returned by this and the following functions live as long as the model. */
const char *anatomynet_model_class_name(const anatomynet_model *model, uint32_t label);

/* The architecture, such as "AnatomyNet"; NULL for NULL. */
const char *anatomynet_model_architecture(const anatomynet_model *model);

/* Trained numbers of the network; 0 for NULL. */
uint64_t anatomynet_model_parameter_count(const anatomynet_model *model);

/* SHA-256 of the whole weight file, 64 lower-case hexadecimal digits: what to write beside
 * every result, so that it can be traced to the weights it came from. NULL for NULL. */
const char *anatomynet_model_fingerprint(const anatomynet_model *model);

/* The value of a metadata key of the weight file, UTF-8, exactly as it stands there; NULL if
 * the file has no such key. */
const char *anatomynet_model_metadata(const anatomynet_model *model, const char *key);

/* The metadata keys in the order of the file, index from 0; NULL past the last. */
const char *anatomynet_model_metadata_key(const anatomynet_model *model, uint32_t index);

/* ---- Segmentation -------------------------------------------------------- */

#define ANATOMYNET_INT16 1
#define ANATOMYNET_UINT16 2
#define ANATOMYNET_FLOAT32 3

/* A CT volume: voxels and their place in the patient.
 *
 * Memory. `voxels` is the address of voxel (0, 0, 0). Voxel (i, j, k) is strides[0] * i +
 * strides[1] * j + strides[2] * k bytes from there; strides may be negative and voxels need no
 * alignment. `voxels_bytes` is the size of the memory that holds all voxels, from the first byte
 * of the lowest-addressed voxel to the end of the highest: the buffer of a flipped view starts
 * below `voxels`. (These are the conventions of NumPy's data pointer and strides.)
 *
 * Place. The centre of voxel (i, j, k) lies at origin + direction * (spacing * (i, j, k)) mm,
 * in DICOM LPS. direction[3 * r + c] is component r (L, P, S) of the unit vector along which
 * index c (x, y, z) increases: columns are axes. */
typedef struct anatomynet_volume {
    uint32_t struct_size;
    uint32_t voxel_type;      /* ANATOMYNET_INT16, _UINT16 or _FLOAT32, in the machine's byte order */
    const void *voxels;
    uint64_t voxels_bytes;
    double rescale_slope;     /* HU = slope * stored + intercept; finite, not 0; default 1 */
    double rescale_intercept; /* HU, default 0 */
    int64_t dimensions[3];    /* x, y, z: from 1 to 32767 */
    int64_t strides[3];       /* bytes; 0, 0, 0: dense, x fastest. The stride of a dimension of 1 is ignored */
    double spacing[3];        /* mm, x y z, each from 0.01 to 100; 0, 0, 0 (default): unknown,
                                 accepted only by a model that states none */
    double origin[3];         /* mm, centre of voxel (0, 0, 0); default 0 */
    double direction[9];      /* default: the identity, x to the patient's left, y to posterior,
                                 z to superior */
} anatomynet_volume;

/* As anatomynet_load_options_init; voxels, type and dimensions are left to the caller. */
void anatomynet_volume_init(anatomynet_volume *volume, uint32_t struct_size);

/* A region of interest: voxels outside are background, with probability 1. */
#define ANATOMYNET_REGION_NONE 0
#define ANATOMYNET_REGION_LABELS 1 /* the network sees the whole volume: the labels inside are those of
                                      a call without a region */
#define ANATOMYNET_REGION_CROP 2   /* the network sees the region and region_margin mm around it: less
                                      memory and time, but the labels inside may differ */

/* How what the layers compute is kept until it is used; the arithmetic is float32 either way.
 * BFLOAT16 halves the memory of a call; results differ slightly (docs/performance.md has figures). */
#define ANATOMYNET_STORAGE_FLOAT32 0
#define ANATOMYNET_STORAGE_BFLOAT16 1

/* How to segment. */
typedef struct anatomynet_segment_options {
    uint32_t struct_size;
    uint32_t threads;            /* at most this many, up to 1024; 0: a fair share of what the process may
                                    use (processor affinity and control group quota) beside the calls that
                                    are running. The result is the same to the last bit for any number;
                                    another instruction set may decide a near tie between two classes
                                    otherwise. */
    uint64_t memory_limit;       /* bytes the call may allocate; checked before work starts, and once
                                    more where keep_largest_components meets labels like noise;
                                    0: no limit */
    anatomynet_progress_callback progress; /* NULL: none */
    void *progress_user;
    anatomynet_log_callback log; /* NULL: none */
    void *log_user;
    uint32_t region_mode;        /* ANATOMYNET_REGION_...; default: no region */
    uint32_t allow_untrained_spacing; /* 1: accept a spacing outside the range that the model states,
                                    or, if the model does not resample, an unknown one, with a warning
                                    to the log callback; 0 (default): refuse it */
    uint32_t keep_largest_components; /* 1: of each organ only the largest connected component (26
                                    neighbours) stays, the rest becomes background; default 0 */
    uint32_t feature_map_storage; /* since 0.2.0. ANATOMYNET_STORAGE_...; default float32 */
    int64_t region_first[3];     /* lowest voxel of the region, x y z; read where there is one */
    int64_t region_dimensions[3]; /* its voxels, x y z; it must lie within the volume */
    double region_margin;        /* mm, not negative; read where region_mode is ANATOMYNET_REGION_CROP; above 0 the
                                    volume's spacing must be known */
} anatomynet_segment_options;

/* As anatomynet_load_options_init. */
void anatomynet_segment_options_init(anatomynet_segment_options *options, uint32_t struct_size);

/* What a segmentation says about one class. Lengths are in mm, places in patient coordinates (LPS).
 * NaN: there is none, because the class has no voxels or the volume's spacing is unknown. */
typedef struct anatomynet_measurement {
    uint32_t struct_size;
    uint32_t label;              /* of the class; 0 is background */
    uint64_t voxels;
    double volume_ml;
    double centroid[3];          /* mean of the voxels' centres */
    double box_lower[3];         /* smallest box along the patient's axes that holds the voxels wholly, */
    double box_upper[3];         /* that is to half a voxel beyond the outermost centres */
    double mean_confidence;      /* mean probability of the class over the voxels that the network gave
                                    to it, before any post-processing */
    uint32_t touches_border;     /* 1: a voxel lies at the border of the volume, or of the region: the
                                    organ may continue outside */
    uint32_t reserved;
} anatomynet_measurement;

/* As anatomynet_load_options_init. */
void anatomynet_measurement_init(anatomynet_measurement *measurement, uint32_t struct_size);

/* Results beyond the labels; each is computed only if asked for. */
typedef struct anatomynet_outputs {
    uint32_t struct_size;
    uint32_t class_count;       /* classes asked for; 0: no probabilities */
    const uint32_t *classes;    /* their labels, in the order wanted; NULL: 0, 1, ... class_count - 1 */
    float *probabilities;       /* receives class_count planes; plane k holds the softmax probability
                                   of class classes[k] for every voxel, in the order of the labels */
    uint64_t probabilities_bytes; /* at least 4 * class_count * voxels */
    anatomynet_measurement *measurements; /* array with one element for each of the model's classes, each
                                   set up by anatomynet_measurement_init; element k receives the
                                   measurements of label k; NULL: none */
    uint64_t measurements_bytes; /* at least the model's class count times the elements' struct_size */
} anatomynet_outputs;

/* As anatomynet_load_options_init. */
void anatomynet_outputs_init(anatomynet_outputs *outputs, uint32_t struct_size);

/* Segments a CT volume.
 *
 * model         what anatomynet_load gave
 * volume        the CT; only read
 * options       NULL: all defaults
 * labels        receives one label per voxel in the volume's own grid: dense, x fastest, then y,
 *               then z, whatever the volume's strides are. 0 is background;
 *               anatomynet_model_class_name has the others' names.
 * labels_bytes  size of that memory: at least the product of the dimensions
 * outputs       further results; NULL: none
 *
 * Any orientation is accepted: left-handed ones, and axes up to 40 degrees from the model's. The
 * volume is permuted and flipped to the model's orientation, and resampled to its spacing where it
 * states one; the scores are resampled back before they become labels. docs/geometry.md has the
 * details and guarantees. Refused are spacings outside the range that the model states
 * (unless options allow it), or more than 16 times the model's or less than a 16th, and directions that are not
 * orthonormal or too oblique.
 *
 * HU below -1024, as stored outside the reconstruction circle, become -1024 (unless the model has no
 * intensity window). A volume that cannot be HU is reported through the log, with the evidence, and
 * so is a spacing that is hardly a scanner's.
 *
 * On failure and on cancellation `labels` is as it was; other outputs may be partly written.
 * Returns ANATOMYNET_OK, any argument status, _OUT_OF_MEMORY, _MEMORY_LIMIT, _NONFINITE_SCORE or
 * _CANCELLED. */
int32_t anatomynet_segment(const anatomynet_model *model, const anatomynet_volume *volume,
                           const anatomynet_segment_options *options, uint8_t *labels,
                           uint64_t labels_bytes, const anatomynet_outputs *outputs);

/* The memory that anatomynet_segment will allocate with these arguments, in bytes: its peak over
 * the call, beyond what the process uses before, whatever outputs are asked for. Of the volume only
 * dimensions, spacing, origin and direction are looked at (voxels may be NULL), and the memory limit
 * of the options is not. With threads 0 it is for a call that has all processors to itself. Not
 * foreseen is keep_largest_components where labels are noise: 16 bytes and more for each of many
 * thousands of pieces.
 * Returns ANATOMYNET_OK, _NULL_ARGUMENT, _STRUCT_SIZE, _DIMENSIONS, _OPTION, _SPACING or
 * _ORIENTATION. */
int32_t anatomynet_estimate_memory(const anatomynet_model *model, const anatomynet_volume *volume,
                                   const anatomynet_segment_options *options, uint64_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
