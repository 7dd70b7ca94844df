#pragma once

#include "zoo/families.hpp"

namespace vkseg::zoo {

/// A network of the zoo, with the parameters of its paper.
struct Entry
{
    const char* name;
    const char* title;
    const char* source;
    BuildFunction build;
    Shape input;
    int64_t classes;
    /// What its release makes of a picture (docs/model_description.md); null where the output does not cover all of it.
    const char* description;
    int64_t output_stride = 0;
    const char* ignored_weights = nullptr; ///< prefixes of what only training needs
};

const std::vector<Entry>& entries();

} // namespace vkseg::zoo
