#pragma once

#include "common.hpp"

#include "vkseg/segment.hpp"

namespace vkseg::cli {

/// Options not given are taken from the description, otherwise from the defaults of DenseCrf.
struct CrfOptions
{
    std::optional<int64_t> iterations;
    std::optional<float> gaussian_sxy;
    std::optional<float> gaussian_compat;
    std::optional<float> bilateral_sxy;
    std::optional<float> bilateral_srgb;
    std::optional<float> bilateral_compat;
};

/// The options of every subcommand that segments.
struct SegmenterOptions
{
    ModelOptions model;
    std::string refine; ///< "crf", "none", or empty: as the description says
    CrfOptions crf;
};

/// The colour of each label.
std::vector<Colour> palette_of(const Segmenter& segmenter);

/// True if the soft mask says more than the labels: of two classes, or where the description names its class.
bool has_soft_mask(const ModelDescription& description);

Segmenter load_segmenter(const Device& device, const SegmenterOptions& options, const SessionOptions& session_options);

} // namespace vkseg::cli
