#include "load_segmenter.hpp"

namespace vkseg::cli {
namespace {

void refine(ModelDescription& description, const SegmenterOptions& options)
{
    if (options.refine == "none")
        description.crf.reset();
    if (options.refine == "crf" && !description.crf)
        description.crf.emplace();
    if (!description.crf)
        return;
    const auto set = [](auto& value, const auto& given) { value = given.value_or(value); };
    set(description.crf->iterations, options.crf.iterations);
    set(description.crf->gaussian_sxy, options.crf.gaussian_sxy);
    set(description.crf->gaussian_compat, options.crf.gaussian_compat);
    set(description.crf->bilateral_sxy, options.crf.bilateral_sxy);
    set(description.crf->bilateral_srgb, options.crf.bilateral_srgb);
    set(description.crf->bilateral_compat, options.crf.bilateral_compat);
}

} // namespace

std::vector<Colour> palette_of(const Segmenter& segmenter)
{
    std::vector<Colour> palette;
    for (size_t label = 0; label < 256; ++label)
        palette.push_back(segmenter.colour(label));
    return palette;
}

bool has_soft_mask(const ModelDescription& description)
{
    return description.classes.size() == 2 || description.soft_class >= 0;
}

Segmenter load_segmenter(const Device& device, const SegmenterOptions& options, const SessionOptions& session_options)
{
    Graph graph = load_graph(options.model);
    ModelDescription description = take(find_description(options.model.file(), graph));
    refine(description, options);
    return take(Segmenter::create(device, std::move(graph), std::move(description), session_options));
}

} // namespace vkseg::cli
