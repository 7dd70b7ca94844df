#include "label_map.hpp"

#include "common.hpp"

namespace vkseg::cli {

Picture read_label_map(const std::filesystem::path& path)
{
    Result<Picture> labels = pictures::decode_labels(read_file(path));
    require(labels.status().with_context(path.string()));
    return *std::move(labels);
}

void write_label_map(const std::filesystem::path& path, const Segmentation& segmentation)
{
    write_png(
        path,
        {.width = segmentation.width, .height = segmentation.height, .channels = 1, .pixels = segmentation.labels});
}

} // namespace vkseg::cli
