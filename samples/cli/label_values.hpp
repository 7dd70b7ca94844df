#pragma once

#include "pictures.hpp"

#include <array>
#include <filesystem>
#include <optional>

namespace vkseg::cli {

/// Converts the pixel values of label pictures to class numbers. If there are two classes, a file of only 0 and 255
/// has 255 for class 1; other values are class numbers already, unless the options map them.
class LabelValues
{
public:
    struct Options
    {
        size_t classes = 2;
        std::optional<uint8_t> ignore; ///< Value in the truth that is left unchanged.
        std::vector<std::string> maps; ///< "VALUE=CLASS" each
        bool is_binary = false;        ///< Values of 128 and more are class 1, all others are class 0.
    };

    explicit LabelValues(const Options& options);

    /// `file` is the origin of the labels, for messages.
    void convert_truth(Picture& labels, const std::filesystem::path& file) const
    {
        convert(labels, options_.ignore, file);
    }
    void convert_mask(Picture& labels, const std::filesystem::path& file) const { convert(labels, std::nullopt, file); }
    /// Advice for the user about values that are not a class.
    std::string advice() const;

private:
    void convert(Picture& labels, std::optional<uint8_t> kept, const std::filesystem::path& file) const;

    Options options_;
    std::array<uint8_t, 256> classes_ = {}; ///< class of each value
};

} // namespace vkseg::cli
