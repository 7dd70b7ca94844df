/* vkseg for C99, and for every language that calls C.
 *
 *     vkseg_device* device = NULL;
 *     vkseg_model* model = NULL;
 *     vkseg_segmenter* segmenter = NULL;
 *     if (vkseg_device_open(NULL, &device) != VKSEG_OK || vkseg_model_load("selfie.onnx", &model) != VKSEG_OK ||
 *         vkseg_segmenter_create(device, model, NULL, NULL, &segmenter) != VKSEG_OK)
 *         fprintf(stderr, "%s\n", vkseg_last_message());
 *
 * Rules for all functions:
 * - A function that can fail returns a vkseg_status, and VKSEG_OK if it succeeded; vkseg_last_message() tells the rest.
 *   What it gives out through pointers is changed only if it succeeds.
 * - A handle is closed or freed once by its owner, in any order: what needs another handle's object keeps that alive.
 *   NULL may be freed. Strings that a function gives out live as long as the handle they came from.
 * - A struct begins with its size, which the caller sets: `vkseg_image photo = {.struct_size = sizeof photo};`.
 *   Members that are 0 have their default. A library that knows more members than the caller gives these their
 *   defaults.
 * - Buffers for results are the caller's. Text is UTF-8.
 * - Any number of threads may use one handle; calls with the same segmenter or session run one at a time. No thread may
 *   use a handle while another frees it.
 */
#ifndef VKSEG_VKSEG_H
#define VKSEG_VKSEG_H

#include <vkseg/export.hpp>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Outcomes. The numbers do not change. */
typedef int32_t vkseg_status;
enum
{
    VKSEG_OK = 0,
    VKSEG_INVALID_ARGUMENT = 1, /* the caller's input does not fit: a shape, a name, an option, a picture */
    VKSEG_INVALID_MODEL = 2,    /* the model is damaged or contradicts itself or its description */
    VKSEG_UNSUPPORTED = 3,      /* the model needs something that vkseg does not support; the message lists it */
    VKSEG_IO_ERROR = 4,         /* a file could not be read */
    VKSEG_NO_DEVICE = 5,        /* there is no Vulkan loader, no device, or none that was asked for */
    VKSEG_OUT_OF_MEMORY = 6,    /* the host or the device ran out of memory, or a limit is too small */
    VKSEG_DEVICE_LOST = 7       /* the device stopped answering; open a new one */
};

/* Message of the last call on this thread that failed: what failed, what was expected, what came. Valid until the next
 * call that fails on this thread. Empty if none has failed. */
VKSEG_API const char* vkseg_last_message(void);

/* "0.1.0" */
VKSEG_API const char* vkseg_version(void);

/* ---- Messages for the app's developer ---- */

enum
{
    VKSEG_LOG_ERROR = 0,   /* a call fails, or a result is wrong */
    VKSEG_LOG_WARNING = 1, /* the library goes on, slower or less precise than it could */
    VKSEG_LOG_INFO = 2,    /* rare events: a device opened, a model loaded, a plan made */
    VKSEG_LOG_DEBUG = 3    /* details */
};

/* Receives one message, without a line break at its end, valid during the call only. Any thread may call; calls come
 * one at a time. The function must not call vkseg. */
typedef void (*vkseg_log_callback)(int32_t level, const char* message, void* user);

/* Sets the callback of the whole process for messages up to `max_level`; NULL: nothing is logged, which is the default.
 * After the function has returned, the former callback is not called any more. */
VKSEG_API vkseg_status vkseg_set_log(vkseg_log_callback callback, void* user, int32_t max_level);

/* ---- Devices ---- */

typedef struct vkseg_device vkseg_device;
typedef struct vkseg_device_list vkseg_device_list;

typedef struct vkseg_device_description
{
    size_t struct_size;
    const char* name;
    const char* driver;
    const char* type; /* "discrete", "integrated", "virtual", "software" or "other" */
    uint32_t vendor_id;
    uint32_t device_id;
    size_t device_memory_bytes;
    int32_t has_storage_f16;
    const char* unusable_because; /* empty if vkseg can use the device */
} vkseg_device_description;

typedef struct vkseg_device_options
{
    size_t struct_size;
    const char* select;          /* index in the list of devices, or part of the name; NULL: the best one */
    const char* cache_directory; /* folder for compiled pipelines; NULL: the user's cache folder */
    int32_t no_pipeline_cache;   /* 1: keeps nothing on disk */
    int32_t validate;            /* 1: runs under the Khronos validation layer, which must be installed */
    int32_t debug_labels;        /* 1: names objects and nodes for RenderDoc and vendors' profilers */
} vkseg_device_options;

/* Lists all Vulkan devices, the best first. */
VKSEG_API vkseg_status vkseg_device_list_create(vkseg_device_list** list);
VKSEG_API size_t vkseg_device_list_count(const vkseg_device_list* list);
VKSEG_API vkseg_status vkseg_device_list_get(const vkseg_device_list* list, size_t index,
                                             vkseg_device_description* description);
VKSEG_API void vkseg_device_list_free(vkseg_device_list* list);

/* `options` may be NULL. */
VKSEG_API vkseg_status vkseg_device_open(const vkseg_device_options* options, vkseg_device** device);
VKSEG_API vkseg_status vkseg_device_describe(const vkseg_device* device, vkseg_device_description* description);
VKSEG_API void vkseg_device_close(vkseg_device* device);

/* ---- Models ---- */

typedef struct vkseg_model vkseg_model;

/* Bytes of a file in memory. */
typedef struct vkseg_bytes
{
    size_t struct_size;
    const void* data;
    size_t size;
    /* Called once with `user` when the bytes are no longer needed, also if the call that takes them fails; until then
     * they must not change. NULL: the bytes are copied. */
    void (*release)(void* user);
    void* user;
} vkseg_bytes;

/* Gives the file of external data that an ONNX model names: fills `bytes` and returns 1, or returns 0 if there is no
 * such file. `bytes->struct_size` is set. */
typedef int32_t (*vkseg_external_data)(const char* location, vkseg_bytes* bytes, void* user);

/* Reads an ONNX or TensorFlow Lite file, or a safetensors file that names its network. */
VKSEG_API vkseg_status vkseg_model_load(const char* path, vkseg_model** model);
/* The same from memory. `external_data` may be NULL. */
VKSEG_API vkseg_status vkseg_model_from_memory(const vkseg_bytes* bytes, vkseg_external_data external_data,
                                               void* external_data_user, vkseg_model** model);
VKSEG_API void vkseg_model_free(vkseg_model* model);

/* ---- Segmentation: from a picture to masks ---- */

typedef struct vkseg_segmenter vkseg_segmenter;
typedef struct vkseg_detections vkseg_detections;

enum
{
    VKSEG_F32 = 0,
    VKSEG_F16 = 1 /* floats are stored as halves: half the memory, and faster on most GPUs */
};

typedef struct vkseg_session_options
{
    size_t struct_size;
    int32_t precision;       /* VKSEG_F32 or VKSEG_F16 */
    int32_t tune;            /* 1: times the ways to compute each convolution, and keeps the fastest */
    size_t max_memory_bytes; /* limit on the network's memory; 0: by the size of its file */
    void (*progress)(double fraction, void* user); /* called with 0 to 1 while a network is planned; must
                                                        not call vkseg; may be NULL */
    void* progress_user;
    int32_t frames_in_flight; /* pictures that may be under way, for vkseg_submit(); 0: 3 */
} vkseg_session_options;

/* A picture: 8 bits per channel, interleaved, top row first, with 1 channel (grey), 3 (RGB) or 4 (the last is ignored).
 */
typedef struct vkseg_image
{
    size_t struct_size;
    const uint8_t* pixels;
    int32_t width;
    int32_t height;
    int32_t channels;        /* 0: 3 */
    size_t row_stride_bytes; /* distance between rows; 0: rows without gaps */
} vkseg_image;

/* Buffers for masks of the picture's size: width * height bytes each, row by row without gaps; NULL: not wanted. */
typedef struct vkseg_masks
{
    size_t struct_size;
    uint8_t* labels;     /* number of the class of each pixel */
    uint8_t* confidence; /* probability of that class, 0 to 255 */
    uint8_t* soft_mask;  /* probability of the foreground, 0 to 255 */
} vkseg_masks;

typedef struct vkseg_instance
{
    size_t struct_size;
    int64_t label;
    float score;
    float box[4]; /* x1, y1, x2, y2 in pixels of the picture */
} vkseg_instance;

/* `description` is the text of docs/model_description.md's JSON; NULL: that of the file NAME.json beside the model, or
 * of the model's metadata. `options` may be NULL. */
VKSEG_API vkseg_status vkseg_segmenter_create(const vkseg_device* device, const vkseg_model* model,
                                              const char* description, const vkseg_session_options* options,
                                              vkseg_segmenter** segmenter);
VKSEG_API void vkseg_segmenter_free(vkseg_segmenter* segmenter);
/* 1 if the network finds instances, for vkseg_find_instances(); 0: it gives classes, for vkseg_segment(). */
VKSEG_API int32_t vkseg_segmenter_finds_instances(const vkseg_segmenter* segmenter);
/* Number of classes that have names; 0 if none has. */
VKSEG_API size_t vkseg_segmenter_class_count(const vkseg_segmenter* segmenter);
/* Name of a class, NULL if it has none. */
VKSEG_API const char* vkseg_segmenter_class_name(const vkseg_segmenter* segmenter, size_t label);
/* Plans for pictures of this size, so that the first one is as fast as later ones. */
VKSEG_API vkseg_status vkseg_segmenter_prepare(vkseg_segmenter* segmenter, int32_t width, int32_t height,
                                               int32_t channels);
/* Lets the next picture be the first of a sequence: the states of a recurrent network, which a description names in
 * "state", begin as zeros. */
VKSEG_API vkseg_status vkseg_segmenter_reset_state(vkseg_segmenter* segmenter);

/* Computes the masks of a picture into the caller's buffers. */
VKSEG_API vkseg_status vkseg_segment(vkseg_segmenter* segmenter, const vkseg_image* picture, const vkseg_masks* masks);

/* Finds the objects in a picture, in falling order of their scores. */
VKSEG_API vkseg_status vkseg_find_instances(vkseg_segmenter* segmenter, const vkseg_image* picture,
                                            vkseg_detections** detections);
VKSEG_API size_t vkseg_detections_count(const vkseg_detections* detections);
VKSEG_API vkseg_status vkseg_detections_get(const vkseg_detections* detections, size_t index, vkseg_instance* instance);
/* Writes the mask of an instance, 1 where it is and 0 elsewhere, into width * height bytes. */
VKSEG_API vkseg_status vkseg_detections_mask(const vkseg_detections* detections, size_t index, uint8_t* mask);
VKSEG_API void vkseg_detections_free(vkseg_detections* detections);

/* ---- Frames: several pictures under way ---- */

typedef struct vkseg_frame vkseg_frame;

/* Submits a picture and returns without waiting for the device. The picture is copied. If as many pictures are under
 * way as allowed, waits for the oldest, whose results stay in its frame. Frames end in the order of submission. */
VKSEG_API vkseg_status vkseg_submit(vkseg_segmenter* segmenter, const vkseg_image* picture, vkseg_frame** frame);
/* 1 if the functions below would not wait for the device. */
VKSEG_API int32_t vkseg_frame_is_done(const vkseg_frame* frame);
/* Waits, and gives what vkseg_segment() or vkseg_find_instances() gives; one of them, once. */
VKSEG_API vkseg_status vkseg_frame_masks(vkseg_frame* frame, const vkseg_masks* masks);
VKSEG_API vkseg_status vkseg_frame_instances(vkseg_frame* frame, vkseg_detections** detections);
/* Also of a frame that is under way: its results are dropped. It may outlive its segmenter. */
VKSEG_API void vkseg_frame_free(vkseg_frame* frame);

/* ---- Sessions: from tensors to tensors ---- */

typedef struct vkseg_session vkseg_session;
typedef struct vkseg_results vkseg_results;

enum
{
    VKSEG_TYPE_F32 = 0,
    VKSEG_TYPE_F16 = 1,
    VKSEG_TYPE_BF16 = 2,
    VKSEG_TYPE_F64 = 3,
    VKSEG_TYPE_U8 = 4,
    VKSEG_TYPE_I8 = 5,
    VKSEG_TYPE_I32 = 6,
    VKSEG_TYPE_I64 = 7,
    VKSEG_TYPE_BOOL = 8 /* one byte, 0 or 1 */
};

/* A row-major tensor. */
typedef struct vkseg_tensor
{
    size_t struct_size;
    const char* name;
    int32_t type;
    int32_t rank;
    int64_t extents[8]; /* outermost first; the first `rank` are used */
    const void* data;
    size_t size; /* bytes at `data` */
} vkseg_tensor;

/* `options` may be NULL. */
VKSEG_API vkseg_status vkseg_session_create(const vkseg_device* device, const vkseg_model* model,
                                            const vkseg_session_options* options, vkseg_session** session);
VKSEG_API void vkseg_session_free(vkseg_session* session);
/* Number of the network's inputs, and the name of one; NULL if there is none of this index. */
VKSEG_API size_t vkseg_session_input_count(const vkseg_session* session);
VKSEG_API const char* vkseg_session_input_name(const vkseg_session* session, size_t index);
/* Computes all outputs; `inputs` has every input once, in any order. */
VKSEG_API vkseg_status vkseg_session_run(vkseg_session* session, const vkseg_tensor* inputs, size_t input_count,
                                         vkseg_results** results);
VKSEG_API size_t vkseg_results_count(const vkseg_results* results);
/* Output `index`, in the order of the network's outputs; its data live as long as `results`. */
VKSEG_API vkseg_status vkseg_results_get(const vkseg_results* results, size_t index, vkseg_tensor* tensor);
VKSEG_API void vkseg_results_free(vkseg_results* results);

#ifdef __cplusplus
}
#endif

#endif
