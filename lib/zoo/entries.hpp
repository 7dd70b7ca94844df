#pragma once

#include "zoo/families.hpp"

namespace vkseg::zoo {

/// One of the two kinds of functions that build a network; the other is null.
struct Builder
{
    BuildFunction scores = nullptr;
    DetectFunction detections = nullptr;
    Builder(BuildFunction function) : scores(function) {}      // NOLINT: implicit, for the table
    Builder(DetectFunction function) : detections(function) {} // NOLINT: as above
};

/// A network of the zoo, with the parameters of its paper.
struct Entry
{
    const char* name;
    const char* title;
    const char* source;
    Builder build;
    Shape input;
    int64_t classes;
    /// The release's model description (docs/model_description.md); null if the output does not cover the picture.
    const char* description;
    int64_t output_stride = 0;
    const char* ignored_weights = nullptr; ///< prefixes of weights that only training needs
};

const std::vector<Entry>& entries();

} // namespace vkseg::zoo
