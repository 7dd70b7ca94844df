/* The library from C, on one page: hello_segmentation_c MODEL.onnx PHOTO MASK.pgm */
#include <vkseg/vkseg.h>

#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

#include <stdio.h>
#include <stdlib.h>

/* Prints why a call failed. */
static int fail(void)
{
    fprintf(stderr, "%s\n", vkseg_last_message());
    return 1;
}

static int write_mask(const char* path, int width, int height, const uint8_t* mask)
{
    FILE* const file = fopen(path, "wb");
    if (file == NULL)
    {
        fprintf(stderr, "%s: cannot be written\n", path);
        return 1;
    }
    fprintf(file, "P5\n%d %d\n255\n", width, height);
    const size_t size = (size_t)width * (size_t)height;
    const int is_whole = fwrite(mask, 1, size, file) == size;
    return fclose(file) == 0 && is_whole ? 0 : 1;
}

int main(int argc, char** argv)
{
    if (argc != 4)
    {
        fprintf(stderr, "usage: hello_segmentation_c MODEL.onnx PHOTO MASK.pgm\n");
        return 2;
    }

    /* The best Vulkan device of this machine. */
    vkseg_device* device = NULL;
    vkseg_device_description description = {.struct_size = sizeof description};
    if (vkseg_device_open(NULL, &device) != VKSEG_OK || vkseg_device_describe(device, &description) != VKSEG_OK)
        return fail();
    printf("on %s\n", description.name);

    /* The network, and the description of its input and output in the file beside it. The segmenter keeps what it needs
     * of device and model. */
    vkseg_model* model = NULL;
    vkseg_segmenter* segmenter = NULL;
    if (vkseg_model_load(argv[1], &model) != VKSEG_OK ||
        vkseg_segmenter_create(device, model, NULL, NULL, &segmenter) != VKSEG_OK)
        return fail();
    vkseg_model_free(model);
    vkseg_device_close(device);

    /* stb_image ignores the EXIF orientation; the vkseg program applies it. */
    vkseg_image photo = {.struct_size = sizeof photo};
    int width = 0, height = 0, channels = 0;
    uint8_t* const pixels = stbi_load(argv[2], &width, &height, &channels, 3);
    if (pixels == NULL)
    {
        fprintf(stderr, "%s: cannot be read as a picture\n", argv[2]);
        return 1;
    }
    photo.pixels = pixels;
    photo.width = width;
    photo.height = height;

    vkseg_masks masks = {.struct_size = sizeof masks};
    masks.soft_mask = malloc((size_t)width * (size_t)height);
    if (masks.soft_mask == NULL || vkseg_segment(segmenter, &photo, &masks) != VKSEG_OK)
        return fail();
    const int outcome = write_mask(argv[3], width, height, masks.soft_mask);
    free(masks.soft_mask);
    stbi_image_free(pixels);
    vkseg_segmenter_free(segmenter);
    return outcome;
}
