#include "base/text.hpp"
#include "base/try.hpp"
#include "segment/mask_size.hpp"
#include "vkseg/instances.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>

namespace vkseg {
namespace {

constexpr int64_t bits_per_word = 32;

Status wrong_mask(const std::string& message)
{
    return Status(StatusCode::invalid_argument, "mask: " + message);
}

std::string mask_size_text(int64_t height, int64_t width)
{
    return std::to_string(height) + "x" + std::to_string(width) + " pixels";
}

/// Builds run lengths from the positions, in ascending order, at which pixels change.
class RunBuilder
{
public:
    RunBuilder(int64_t height, int64_t width) : mask_{height, width, {}} {}
    void change_at(uint32_t position)
    {
        mask_.counts.push_back(position - last_);
        last_ = position;
    }
    RunLengths finish() &&
    {
        mask_.counts.push_back(uint32_t(mask_.height * mask_.width) - last_);
        return std::move(mask_);
    }

private:
    RunLengths mask_;
    uint32_t last_ = 0;
};

/// Builds run lengths from lengths that may be 0.
class RunJoiner
{
public:
    RunJoiner(int64_t height, int64_t width) : mask_{height, width, {}} {}
    /// Adds a length; false if the lengths exceed the mask.
    bool add(uint32_t count)
    {
        const bool is_set = added_++ % 2 == 1;
        sum_ += count;
        if (sum_ > mask_.height * mask_.width)
            return false;
        std::vector<uint32_t>& counts = mask_.counts;
        const bool last_is_set = counts.size() % 2 == 0;
        if (counts.empty())
            counts.push_back(count); // of unset pixels
        else if (count > 0 && last_is_set == is_set)
            counts.back() += count;
        else if (count > 0)
            counts.push_back(count);
        return true;
    }
    Result<RunLengths> finish() &&
    {
        if (sum_ != mask_.height * mask_.width)
            return wrong_mask("expected run lengths for " + mask_size_text(mask_.height, mask_.width) +
                              ", got lengths that add up to " + std::to_string(sum_));
        return std::move(mask_);
    }
    Status too_long() const
    {
        return wrong_mask("expected run lengths for " + mask_size_text(mask_.height, mask_.width) +
                          ", got lengths that add up to more");
    }

private:
    RunLengths mask_;
    int64_t sum_ = 0;
    size_t added_ = 0;
};

/// Walks through two masks at once, run by run.
class RunPair
{
public:
    RunPair(const RunLengths& a, const RunLengths& b) : a_(a.counts), b_(b.counts) {}
    uint64_t intersection()
    {
        uint64_t pixels = 0;
        while (a_.has_run() && b_.has_run())
        {
            const uint32_t step = std::min(a_.left(), b_.left());
            pixels += a_.is_set() && b_.is_set() ? step : 0;
            a_.advance(step);
            b_.advance(step);
        }
        return pixels;
    }

private:
    class Walk
    {
    public:
        explicit Walk(std::span<const uint32_t> counts) : counts_(counts), left_(counts.empty() ? 0 : counts[0]) {}
        bool has_run() const { return run_ < counts_.size(); }
        bool is_set() const { return run_ % 2 == 1; }
        uint32_t left() const { return left_; }
        void advance(uint32_t step)
        {
            left_ -= step;
            if (left_ == 0 && ++run_ < counts_.size())
                left_ = counts_[run_];
        }

    private:
        std::span<const uint32_t> counts_;
        size_t run_ = 0;
        uint32_t left_;
    };
    Walk a_;
    Walk b_;
};

} // namespace

Status check_mask_size(int64_t height, int64_t width)
{
    if (height < 1 || width < 1 || height > max_mask_pixels / width)
        return wrong_mask("expected 1 to " + std::to_string(max_mask_pixels) + " pixels, got " +
                          std::to_string(height) + "x" + std::to_string(width));
    return {};
}

Result<RunLengths> encode_mask(std::span<const uint8_t> pixels, int64_t height, int64_t width)
{
    VKSEG_TRY(check_mask_size(height, width));
    if (pixels.size() != size_t(height * width))
        return wrong_mask("expected " + mask_size_text(height, width) + ", got " + std::to_string(pixels.size()) +
                          " values");
    const int64_t row_words = (width + bits_per_word - 1) / bits_per_word;
    std::vector<uint32_t> words(size_t(height * row_words));
    for (int64_t y = 0; y < height; ++y)
    {
        for (int64_t x = 0; x < width; ++x)
            words[size_t(y * row_words + x / bits_per_word)] |= uint32_t(pixels[size_t(y * width + x)] != 0)
                                                                << (x % bits_per_word);
    }
    return encode_mask_bits(words, height, width);
}

// Columns of a word are searched together: a row XOR the row above has a bit for each column that changes there.
Result<RunLengths> encode_mask_bits(std::span<const uint32_t> words, int64_t height, int64_t width)
{
    VKSEG_TRY(check_mask_size(height, width));
    const int64_t row_words = (width + bits_per_word - 1) / bits_per_word;
    if (words.size() != size_t(height * row_words))
        return wrong_mask("expected " + std::to_string(row_words) + " words for each of " + std::to_string(height) +
                          " rows, got " + std::to_string(words.size()));
    RunBuilder runs(height, width);
    std::array<std::vector<uint32_t>, bits_per_word> changes; // rows in which a column changes
    bool is_set = false;
    for (int64_t word = 0; word < row_words; ++word)
    {
        for (std::vector<uint32_t>& rows : changes)
            rows.clear();
        const uint32_t first = words[size_t(word)];
        uint32_t above = first;
        for (int64_t y = 1; y < height; ++y)
        {
            const uint32_t row = words[size_t(y * row_words + word)];
            for (uint32_t changed = row ^ above; changed != 0; changed &= changed - 1)
                changes[size_t(std::countr_zero(changed))].push_back(uint32_t(y));
            above = row;
        }
        for (int64_t x = word * bits_per_word; x < std::min(width, (word + 1) * bits_per_word); ++x)
        {
            const int64_t bit = x % bits_per_word;
            if (((first >> bit & 1u) != 0) != is_set)
                runs.change_at(uint32_t(x * height));
            for (const uint32_t y : changes[size_t(bit)])
                runs.change_at(uint32_t(x * height) + y);
            is_set = (above >> bit & 1u) != 0;
        }
    }
    return std::move(runs).finish();
}

Result<std::vector<uint8_t>> decode_mask(const RunLengths& mask)
{
    VKSEG_TRY(check_mask_size(mask.height, mask.width));
    const uint64_t sum = std::accumulate(mask.counts.begin(), mask.counts.end(), uint64_t(0));
    if (sum != uint64_t(mask.height * mask.width))
        return wrong_mask("expected run lengths for " + mask_size_text(mask.height, mask.width) +
                          ", got lengths that add up to " + std::to_string(sum));
    std::vector<uint8_t> pixels(size_t(mask.height * mask.width));
    int64_t position = 0;
    for (size_t run = 0; run < mask.counts.size(); ++run)
    {
        const int64_t end = position + mask.counts[run];
        for (; run % 2 == 1 && position < end; ++position)
            pixels[size_t(position % mask.height * mask.width + position / mask.height)] = 1;
        position = end;
    }
    return pixels;
}

uint64_t mask_area(const RunLengths& mask)
{
    uint64_t pixels = 0;
    for (size_t run = 1; run < mask.counts.size(); run += 2)
        pixels += mask.counts[run];
    return pixels;
}

PixelBox mask_bounds(const RunLengths& mask)
{
    if (mask.height < 1 || mask_area(mask) == 0)
        return {};
    int64_t left = INT64_MAX, top = INT64_MAX, right = 0, bottom = 0;
    int64_t begin = 0;
    for (size_t run = 0; run < mask.counts.size(); ++run)
    {
        const int64_t end = begin + mask.counts[run];
        if (run % 2 == 1 && end > begin)
        {
            const int64_t first_column = begin / mask.height;
            const int64_t last_column = (end - 1) / mask.height;
            const bool is_one_column = first_column == last_column;
            left = std::min(left, first_column);
            right = std::max(right, last_column);
            top = std::min(top, is_one_column ? begin % mask.height : 0);
            bottom = std::max(bottom, is_one_column ? (end - 1) % mask.height : mask.height - 1);
        }
        begin = end;
    }
    return {.x = left, .y = top, .width = right - left + 1, .height = bottom - top + 1};
}

uint64_t mask_intersection(const RunLengths& a, const RunLengths& b)
{
    assert(a.height == b.height && a.width == b.width);
    return RunPair(a, b).intersection();
}

double mask_iou(const RunLengths& detection, const RunLengths& truth, bool is_crowd)
{
    const uint64_t both = mask_intersection(detection, truth);
    if (both == 0)
        return 0;
    const uint64_t area = mask_area(detection);
    return double(both) / double(is_crowd ? area : area + mask_area(truth) - both);
}

RunLengths mask_union(std::span<const RunLengths> masks)
{
    assert(!masks.empty());
    struct Edge
    {
        uint32_t position = 0;
        int change = 0; ///< 1 where a run of set pixels begins, −1 after its last pixel
    };
    std::vector<Edge> edges;
    for (const RunLengths& mask : masks)
    {
        assert(mask.height == masks[0].height && mask.width == masks[0].width);
        uint32_t position = 0;
        for (size_t run = 0; run + 1 < mask.counts.size(); ++run)
            edges.push_back({position += mask.counts[run], run % 2 == 0 ? 1 : -1});
    }
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.position < b.position; });
    RunBuilder runs(masks[0].height, masks[0].width);
    int depth = 0;
    for (size_t i = 0; i < edges.size();)
    {
        const uint32_t position = edges[i].position;
        const bool was_set = depth > 0;
        for (; i < edges.size() && edges[i].position == position; ++i)
            depth += edges[i].change;
        if ((depth > 0) != was_set)
            runs.change_at(position);
    }
    return std::move(runs).finish();
}

Result<RunLengths> from_coco_counts(std::span<const uint32_t> counts, int64_t height, int64_t width)
{
    VKSEG_TRY(check_mask_size(height, width));
    RunJoiner runs(height, width);
    for (const uint32_t count : counts)
    {
        if (!runs.add(count))
            return runs.too_long();
    }
    return std::move(runs).finish();
}

std::string to_coco_string(const RunLengths& mask)
{
    std::string text;
    for (size_t i = 0; i < mask.counts.size(); ++i)
    {
        int64_t rest = mask.counts[i];
        if (i > 2)
            rest -= mask.counts[i - 2];
        bool has_more = true;
        while (has_more)
        {
            const int64_t group = rest & 31;
            rest >>= 5;
            has_more = rest != ((group & 16) != 0 ? -1 : 0);
            text += char('0' + group + (has_more ? 32 : 0));
        }
    }
    return text;
}

Result<RunLengths> from_coco_string(std::string_view text, int64_t height, int64_t width)
{
    VKSEG_TRY(check_mask_size(height, width));
    constexpr int max_groups = 7; // 35 bits: a difference of two lengths takes at most 33
    RunJoiner runs(height, width);
    std::array<int64_t, 3> last = {}; // length i is last[i % 3]
    size_t at = 0;
    for (size_t i = 0; at < text.size(); ++i)
    {
        const size_t begin = at;
        int64_t number = 0;
        bool has_more = true;
        for (int groups = 0; has_more; ++at)
        {
            if (at == text.size())
                return wrong_mask("the text of the run lengths ends within a number");
            const int code = text[at] - '0';
            if (code < 0 || code > 63)
                return wrong_mask("expected characters from '0' to 'o' in the text of the run lengths, got '" +
                                  printable(text.substr(at, 1)) + "' as character " + std::to_string(at));
            if (groups == max_groups)
                return wrong_mask("the text of the run lengths has a number that is too large at character " +
                                  std::to_string(begin));
            number |= int64_t(code & 31) << (5 * groups++);
            has_more = (code & 32) != 0;
            if (!has_more && (code & 16) != 0)
                number -= int64_t(1) << (5 * groups);
        }
        if (i > 2)
            number += last[(i - 2) % 3];
        if (number < 0)
            return wrong_mask("the text of the run lengths has a negative length at character " +
                              std::to_string(begin));
        if (number > max_mask_pixels || !runs.add(uint32_t(number)))
            return runs.too_long();
        last[i % 3] = number;
    }
    return std::move(runs).finish();
}

} // namespace vkseg
