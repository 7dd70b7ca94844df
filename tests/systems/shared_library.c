/* Loads libvkseg at run time, as apps with plugins do: shared_library LIBRARY COPY MODEL.onnx. COPY is the same library
 * in another file. Segments the same picture
 *   - after the library was closed and opened again, several times,
 *   - in two copies of the library in one process, each with a device of its own, in two threads at once,
 *   - in a child and in its parent, forked before either had a device,
 *   - in the parent of a child that was forked while the parent had a device, and that only ended.
 * All masks must be equal. */
#define _POSIX_C_SOURCE 200809L
#include "vkseg/vkseg.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum
{
    WIDTH = 160,
    HEIGHT = 120,
    PIXELS = WIDTH * HEIGHT
};

#define FUNCTIONS(X)                                                                                                   \
    X(vkseg_last_message)                                                                                              \
    X(vkseg_device_open)                                                                                               \
    X(vkseg_device_close)                                                                                              \
    X(vkseg_model_load)                                                                                                \
    X(vkseg_model_free)                                                                                                \
    X(vkseg_segmenter_create)                                                                                          \
    X(vkseg_segmenter_free)                                                                                            \
    X(vkseg_segment)

typedef struct library
{
    void* handle;
#define DECLARE(name) __typeof__(&name) name##_;
    FUNCTIONS(DECLARE)
#undef DECLARE
} library;

static const char* model_path;

static void require(int holds, const char* what)
{
    if (holds)
        return;
    fprintf(stderr, "shared_library: %s\n", what);
    exit(1);
}

static library open_library(const char* path)
{
    library opened = {.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    require(opened.handle != NULL, path);
#define FIND(name)                                                                                                     \
    *(void**)&opened.name##_ = dlsym(opened.handle, #name);                                                            \
    require(opened.name##_ != NULL, #name);
    FUNCTIONS(FIND)
#undef FIND
    return opened;
}

static void require_ok(const library* vkseg, vkseg_status status)
{
    if (status != VKSEG_OK) /* asking for a message keeps the library in memory until the thread ends */
        require(0, vkseg->vkseg_last_message_());
}

typedef struct segmentation
{
    const library* vkseg;
    vkseg_device* device;
    vkseg_segmenter* segmenter;
    uint8_t mask[PIXELS];
} segmentation;

static segmentation* begin(const library* vkseg)
{
    segmentation* const begun = calloc(1, sizeof *begun);
    require(begun != NULL, "out of memory");
    begun->vkseg = vkseg;
    vkseg_model* model = NULL;
    require_ok(vkseg, vkseg->vkseg_device_open_(NULL, &begun->device));
    require_ok(vkseg, vkseg->vkseg_model_load_(model_path, &model));
    require_ok(vkseg, vkseg->vkseg_segmenter_create_(begun->device, model, NULL, NULL, &begun->segmenter));
    vkseg->vkseg_model_free_(model);
    return begun;
}

static void* run(void* data)
{
    segmentation* const begun = data;
    static uint8_t picture[PIXELS * 3];
    vkseg_image image = {.struct_size = sizeof image, .pixels = picture, .width = WIDTH, .height = HEIGHT};
    vkseg_masks masks = {.struct_size = sizeof masks, .soft_mask = begun->mask};
    require_ok(begun->vkseg, begun->vkseg->vkseg_segment_(begun->segmenter, &image, &masks));
    return NULL;
}

static void end(segmentation* begun)
{
    begun->vkseg->vkseg_segmenter_free_(begun->segmenter);
    begun->vkseg->vkseg_device_close_(begun->device);
    free(begun);
}

static void require_mask(const segmentation* done, const uint8_t* expected)
{
    require(memcmp(done->mask, expected, PIXELS) == 0, "masks differ");
}

static void segment_once(const library* vkseg, const uint8_t* expected)
{
    segmentation* const once = begin(vkseg);
    run(once);
    require_mask(once, expected);
    end(once);
}

static void require_success(pid_t child)
{
    int status = 0;
    require(child > 0 && waitpid(child, &status, 0) == child, "fork or waitpid failed");
    require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the forked child failed");
}

int main(int argc, char** argv)
{
    require(argc == 4, "usage: shared_library LIBRARY COPY MODEL.onnx");
    model_path = argv[3];
    setvbuf(stdout, NULL, _IONBF, 0); /* else children print what their parent had not written yet */

    /* A child and its parent, each with a device of its own; the child's mask arrives through a pipe. */
    library first = open_library(argv[1]);
    int ends[2];
    require(pipe(ends) == 0, "pipe failed");
    const pid_t child = fork();
    if (child == 0)
    {
        segmentation* const in_child = begin(&first);
        run(in_child);
        require(write(ends[1], in_child->mask, PIXELS) == PIXELS, "the child could not write its mask");
        end(in_child);
        exit(0);
    }
    segmentation* const in_parent = begin(&first);
    run(in_parent);
    uint8_t expected[PIXELS];
    memcpy(expected, in_parent->mask, PIXELS);
    for (size_t at = 0; at < PIXELS;)
    {
        const ssize_t count = read(ends[0], in_parent->mask + at, PIXELS - at);
        require(count > 0, "the child sent no mask");
        at += (size_t)count;
    }
    require_mask(in_parent, expected);
    require_success(child);
    puts("fork before there is a device: child and parent agree");

    const pid_t bystander = fork();
    if (bystander == 0)
        exit(0); /* with handlers, as a program that was not written for this does */
    require_success(bystander);
    run(in_parent);
    require_mask(in_parent, expected);
    puts("fork while there is a device: the parent goes on");

    library second = open_library(argv[2]);
    require(second.vkseg_segment_ != first.vkseg_segment_, "expected two copies of the library");
    segmentation* const in_copy = begin(&second);
    for (int turn = 0; turn < 10; ++turn)
    {
        pthread_t thread;
        memset(in_parent->mask, 0, PIXELS);
        memset(in_copy->mask, 0, PIXELS);
        require(pthread_create(&thread, NULL, run, in_copy) == 0, "pthread_create failed");
        run(in_parent);
        pthread_join(thread, NULL);
        require_mask(in_parent, expected);
        require_mask(in_copy, expected);
    }
    end(in_copy);
    require(dlclose(second.handle) == 0, "dlclose failed");
    run(in_parent);
    require_mask(in_parent, expected);
    puts("two copies of the library: both agree, and one outlives the other");

    end(in_parent);
    require(dlclose(first.handle) == 0, "dlclose failed");
    for (int turn = 0; turn < 3; ++turn)
    {
        first = open_library(argv[1]);
        segment_once(&first, expected);
        require(dlclose(first.handle) == 0, "dlclose failed");
    }
    require(dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) == NULL, "dlclose did not unload the library");
    puts("closed, unloaded and opened again three times: all masks agree");
    return 0;
}
