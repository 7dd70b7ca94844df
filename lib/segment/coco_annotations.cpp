#include "base/mapped_file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "segment/coco_entry.hpp"
#include "segment/polygons.hpp"
#include "vkseg/coco.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace vkseg {
namespace {

/// Columns that the polygons of a file may cross, so that a short file cannot ask for much memory or time: the polygon
/// of a box across a picture of 4000 columns has about 60 bytes.
uint64_t max_columns_of(std::string_view text)
{
    return (uint64_t(1) << 22) + 16 * text.size();
}

class AnnotationReader
{
public:
    AnnotationReader(const Json& top, const std::string& who, uint64_t columns_left)
        : top_(top), who_(who), columns_left_(columns_left)
    {}

    Result<CocoAnnotations> read()
    {
        if (!top_.is_object())
            return Status(StatusCode::invalid_argument,
                          who_ + ": expected an object with images, categories and annotations, got " +
                              shown_json(top_));
        VKSEG_TRY(for_each("images", [&](const CocoEntry& entry) { return read_image(entry); }));
        VKSEG_TRY(for_each("categories", [&](const CocoEntry& entry) { return read_category(entry); }));
        result_.has_masks = true;
        VKSEG_TRY(for_each("annotations", [&](const CocoEntry& entry) { return read_annotation(entry); }));
        result_.has_masks = result_.has_masks && !result_.annotations.empty();
        return std::move(result_);
    }

private:
    template <class Read>
    Status for_each(const char* key, const Read& read) const
    {
        const auto list = top_.find(key);
        if (list == top_.end() || !list->is_array())
            return Status(StatusCode::invalid_argument, who_ + ": expected a list '" + key + "', got " +
                                                            (list == top_.end() ? "nothing" : shown_json(*list)));
        const std::string name = who_ + ": " + key;
        for (size_t i = 0; i < list->size(); ++i)
        {
            const CocoEntry entry((*list)[i], name, i);
            VKSEG_TRY(entry.check_object());
            VKSEG_TRY(read(entry));
        }
        return {};
    }

    Status read_image(const CocoEntry& entry)
    {
        CocoImage& image = result_.images.emplace_back();
        VKSEG_TRY(entry.read("id", image.id));
        VKSEG_TRY(entry.read("height", image.height, 1, max_mask_pixels));
        VKSEG_TRY(entry.read("width", image.width, 1, max_mask_pixels));
        if (entry.has("file_name"))
            VKSEG_TRY(entry.read("file_name", image.file_name));
        if (!image_of_id_.emplace(image.id, result_.images.size() - 1).second)
            return entry.wrong("id", "another image has the id " + std::to_string(image.id));
        return {};
    }

    Status read_category(const CocoEntry& entry)
    {
        CocoCategory& category = result_.categories.emplace_back();
        VKSEG_TRY(entry.read("id", category.id));
        if (entry.has("name"))
            VKSEG_TRY(entry.read("name", category.name));
        if (!category_ids_.insert(category.id).second)
            return entry.wrong("id", "another category has the id " + std::to_string(category.id));
        return {};
    }

    Status read_annotation(const CocoEntry& entry)
    {
        CocoAnnotation& annotation = result_.annotations.emplace_back();
        VKSEG_TRY(entry.read("id", annotation.id));
        if (!annotation_ids_.insert(annotation.id).second)
            return entry.wrong("id", "another annotation has the id " + std::to_string(annotation.id));
        VKSEG_TRY(entry.read("image_id", annotation.image_id));
        const auto image = image_of_id_.find(annotation.image_id);
        if (image == image_of_id_.end())
            return entry.wrong("image_id", "no image has the id " + std::to_string(annotation.image_id));
        VKSEG_TRY(entry.read("category_id", annotation.category_id));
        if (!category_ids_.contains(annotation.category_id))
            return entry.wrong("category_id", "no category has the id " + std::to_string(annotation.category_id));
        VKSEG_TRY(entry.read_box("bbox", annotation.box));
        int64_t is_crowd = 0;
        if (entry.has("iscrowd"))
            VKSEG_TRY(entry.read("iscrowd", is_crowd, 0, 1));
        annotation.is_crowd = is_crowd == 1;
        VKSEG_TRY(read_segmentation(entry, result_.images[image->second], annotation.mask));
        const bool has_mask = !annotation.mask.counts.empty();
        result_.has_masks = result_.has_masks && has_mask;
        if (entry.has("area"))
            return entry.read("area", annotation.area);
        annotation.area = has_mask ? double(mask_area(annotation.mask)) : annotation.box[2] * annotation.box[3];
        return {};
    }

    Status read_segmentation(const CocoEntry& entry, const CocoImage& image, RunLengths& mask)
    {
        constexpr const char* key = "segmentation";
        const Json* json = entry.find(key);
        if (json == nullptr || (json->is_array() && json->empty()))
            return {};
        if (json->is_array())
            return read_polygons(entry, *json, image, mask);
        VKSEG_TRY(entry.read_run_lengths(key, mask));
        if (mask.height != image.height || mask.width != image.width)
            return entry.wrong(key, "expected the size of the image, " + std::to_string(image.height) + "x" +
                                        std::to_string(image.width) + ", got " + std::to_string(mask.height) + "x" +
                                        std::to_string(mask.width));
        return {};
    }

    Status read_polygons(const CocoEntry& entry, const Json& json, const CocoImage& image, RunLengths& mask)
    {
        std::vector<Polygon> polygons;
        for (const Json& coordinates : json)
        {
            const auto is_number = [](const Json& value) { return value.is_number(); };
            if (!coordinates.is_array() || !std::all_of(coordinates.begin(), coordinates.end(), is_number))
                return entry.wrong("segmentation", "expected each polygon as a list of numbers", &coordinates);
            Polygon& polygon = polygons.emplace_back();
            for (const Json& coordinate : coordinates)
                polygon.push_back(coordinate.get<double>());
        }
        Result<RunLengths> filled = from_polygons(polygons, image.height, image.width, columns_left_);
        if (!filled.is_ok())
            return entry.wrong("segmentation", filled.status().message());
        mask = std::move(*filled);
        return {};
    }

    const Json& top_;
    const std::string& who_;
    uint64_t columns_left_;
    CocoAnnotations result_;
    std::map<int64_t, size_t> image_of_id_;
    std::set<int64_t> category_ids_;
    std::set<int64_t> annotation_ids_;
};

} // namespace

Result<CocoAnnotations> parse_coco_annotations(std::string_view text, const std::string& who)
{
    VKSEG_ASSIGN(const Json json, parse_coco(text, who));
    return AnnotationReader(json, who, max_columns_of(text)).read();
}

Result<CocoAnnotations> read_coco_annotations(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const FileBytes file, map_file(path));
    return parse_coco_annotations({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()}, text_of(path));
}

} // namespace vkseg
