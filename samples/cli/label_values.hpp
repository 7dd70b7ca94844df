#pragma once

#include "pictures.hpp"

#include <array>
#include <filesystem>
#include <optional>

namespace vkseg::cli {

/// Turns the values in pictures of labels into numbers of classes. Files of nothing but 0 and 255 are two classes, if
/// there are two; other values are numbers of classes already, or as the options say.
class LabelValues
{
public:
    struct Options
    {
        size_t classes = 2;
        std::optional<uint8_t> ignore; ///< This value in the truth is left as it is.
        std::vector<std::string> maps; ///< "VALUE=CLASS" each
        bool is_binary = false;        ///< Values of 128 and more are class 1, all others class 0.
    };

    explicit LabelValues(const Options& options);

    /// `file`: where the labels are from, for messages.
    void convert_truth(Picture& labels, const std::filesystem::path& file) const
    {
        convert(labels, options_.ignore, file);
    }
    void convert_mask(Picture& labels, const std::filesystem::path& file) const { convert(labels, std::nullopt, file); }
    /// What to do about values that are no class.
    std::string advice() const;

private:
    void convert(Picture& labels, std::optional<uint8_t> kept, const std::filesystem::path& file) const;

    Options options_;
    std::array<uint8_t, 256> classes_ = {}; ///< of each value
};

} // namespace vkseg::cli
