#include "cli/canvas.hpp"
#include "cli/common.hpp"
#include "cli/label_map.hpp"
#include "cli/npy.hpp"
#include "cli/picture_pairs.hpp"

#include "vkseg/metrics.hpp"
#include "vkseg/model.hpp"
#include "vkseg/segment.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

// Segments the slices of samples/data/brain with every network of samples/models/brain and draws all masks on one
// sheet, each network with its own score and PyTorch's.
namespace vkseg::contact_sheet {
namespace {

namespace fs = std::filesystem;
using cli::Failure;
using cli::Picture;
using cli::take;

/// A network's masks of the slices on the sheet, and its scores over all slices.
struct Row
{
    std::string title;
    std::vector<Picture> tiles; ///< RGB
    double mean_iou = NAN;
    double mean_iou_of_pytorch = NAN;
};

struct Slices
{
    std::vector<cli::PicturePair> pairs;
    std::vector<size_t> shown;
};

/// Rounding step of the file of scores.
constexpr double rounding = 1e-5;
constexpr int tiles_in_row = 4;
constexpr int gap = 4;
constexpr int text_width = 340;

Picture coloured(const Picture& labels, const std::vector<Colour>& palette)
{
    Picture picture = {.width = labels.width, .height = labels.height, .channels = 3, .pixels = {}};
    for (const uint8_t label : labels.pixels)
    {
        const Colour colour = label < palette.size() ? palette[label] : default_colour(label);
        picture.pixels.insert(picture.pixels.end(), {colour.red, colour.green, colour.blue});
    }
    return picture;
}

Picture as_rgb(const Picture& picture)
{
    if (picture.channels == 3)
        return picture;
    Picture result = {.width = picture.width, .height = picture.height, .channels = 3, .pixels = {}};
    for (size_t i = 0; i < picture.pixels.size(); i += size_t(picture.channels))
        result.pixels.insert(result.pixels.end(), 3, picture.pixels[i]);
    return result;
}

/// Mean IoU that samples/training measured on the same slices; NaN if the file has none.
double score_of_pytorch(const nlohmann::json& scores, const std::string& network)
{
    const auto entry = scores.find(network);
    return entry == scores.end() ? NAN : entry->at("kept").at("mean_iou").get<double>();
}

Row segment_slices(const Device& device, const fs::path& weights, const Slices& slices)
{
    Segmenter segmenter = take(Segmenter::load(device, weights));
    const ModelDescription& description = segmenter.description();
    ConfusionMatrix matrix(description.classes.size());
    Row row = {.title = weights.stem().string(), .tiles = {}};
    for (size_t i = 0; i < slices.pairs.size(); ++i)
    {
        const Picture picture = cli::read_picture(slices.pairs[i].other);
        Segmentation segmentation = take(segmenter.segment(picture.view()));
        cli::require(matrix.add(segmentation.labels, cli::read_label_map(slices.pairs[i].truth).pixels));
        const Picture labels = {
            .width = picture.width, .height = picture.height, .channels = 1, .pixels = std::move(segmentation.labels)};
        if (std::find(slices.shown.begin(), slices.shown.end(), i) != slices.shown.end())
            row.tiles.push_back(coloured(labels, description.colours));
    }
    row.mean_iou = matrix.metrics().mean_iou;
    return row;
}

/// Evenly spaced slices of a volume [z, y, x] of bytes. The last rows, the front of the head, are at the top.
std::vector<Picture> slices_of(const Tensor& volume)
{
    const Shape& shape = volume.shape();
    const size_t plane = size_t(shape[1] * shape[2]);
    std::vector<Picture> pictures;
    for (int64_t i = 0; i < tiles_in_row; ++i)
    {
        const auto* const slice = reinterpret_cast<const uint8_t*>(volume.bytes().data()) +
                                  plane * size_t((2 * i + 1) * shape[0] / (2 * tiles_in_row));
        Picture picture = {.width = int(shape[2]), .height = int(shape[1]), .channels = 1, .pixels = {}};
        for (int64_t row = shape[1] - 1; row >= 0; --row)
            picture.pixels.insert(picture.pixels.end(), slice + row * shape[2], slice + (row + 1) * shape[2]);
        pictures.push_back(std::move(picture));
    }
    return pictures;
}

const std::vector<Colour>& volume_palette()
{
    static const std::vector<Colour> palette = {{0, 0, 0}, {230, 97, 72}};
    return palette;
}

std::vector<Picture> coloured_slices(const Tensor& labels)
{
    std::vector<Picture> tiles = slices_of(labels);
    for (Picture& tile : tiles)
        tile = coloured(tile, volume_palette());
    return tiles;
}

/// Runs V-Net on a volume; the label of a voxel is the class with the larger of its two scores.
Row segment_volume(const Device& device, const fs::path& weights, const Tensor& volume, const Tensor& truth)
{
    constexpr float mean = 0.2f; // of the training data, and also their standard deviation
    Session session = take(Session::create(device, take(load_model(weights))));
    std::vector<float> values = volume.to_floats();
    for (float& value : values)
        value = (value / 255 - mean) / mean;
    const Shape& shape = volume.shape();
    const NamedTensor input = {"input", Tensor::from({1, 1, shape[0], shape[1], shape[2]}, std::move(values))};
    const RunResult result = take(session.run({&input, 1}));
    const std::span<const float> scores = result.outputs[0].tensor.floats();
    const size_t voxels = size_t(volume.elements());
    std::vector<uint8_t> labels(voxels);
    for (size_t i = 0; i < voxels; ++i)
        labels[i] = scores[voxels + i] > scores[i];

    ConfusionMatrix matrix(2);
    const auto* const expected = reinterpret_cast<const uint8_t*>(truth.bytes().data());
    cli::require(matrix.add(labels, {expected, voxels}));
    const auto* const bytes = reinterpret_cast<const std::byte*>(labels.data());
    const Tensor mask = Tensor::from_bytes(DType::u8, shape, std::vector<std::byte>(bytes, bytes + voxels));
    return {.title = weights.stem().string(), .tiles = coloured_slices(mask), .mean_iou = matrix.metrics().mean_iou};
}

int tile_width(const std::vector<Row>& rows)
{
    int width = 0;
    for (const Row& row : rows)
    {
        for (const Picture& tile : row.tiles)
            width = std::max(width, tile.width);
    }
    return width;
}

/// Height of a line that shows two rows, from row `first` on.
int line_height(const std::vector<Row>& rows, size_t first)
{
    int height = 2 * cli::Canvas::line_height;
    for (size_t i = first; i < std::min(first + 2, rows.size()); ++i)
    {
        for (const Picture& tile : rows[i].tiles)
            height = std::max(height, tile.height);
    }
    return height + gap;
}

void draw_row(cli::Canvas& canvas, const Row& row, int left, int top, int column_width)
{
    canvas.write(left, top, row.title, {0, 0, 0});
    if (!std::isnan(row.mean_iou))
        canvas.write(left, top + cli::Canvas::line_height, fmt::format("mean IoU {:.4f}", row.mean_iou), {90, 90, 90});
    for (size_t i = 0; i < row.tiles.size(); ++i)
        canvas.place(left + text_width + int(i) * column_width, top, row.tiles[i]);
}

/// Draws two rows per line, each row with its text and tiles.
Picture draw(const std::vector<Row>& rows)
{
    const int column_width = tile_width(rows) + gap;
    const int panel_width = text_width + tiles_in_row * column_width + 4 * gap;
    int height = gap;
    for (size_t i = 0; i < rows.size(); i += 2)
        height += line_height(rows, i);
    cli::Canvas canvas(2 * panel_width, height);
    int top = gap;
    for (size_t i = 0; i < rows.size(); ++i)
    {
        draw_row(canvas, rows[i], 2 * gap + int(i % 2) * panel_width, top, column_width);
        if (i % 2 == 1)
            top += line_height(rows, i - 1);
    }
    return canvas.picture();
}

nlohmann::json read_json(const fs::path& path)
{
    const std::vector<std::byte> file = cli::read_file(path);
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    return nlohmann::json::parse(text);
}

/// Finds the slices, and shows the middle one of every three: three neighbours come from one held-back block.
Slices find_slices(const fs::path& data)
{
    Slices slices;
    for (const auto& entry : fs::directory_iterator(data))
    {
        const std::string name = entry.path().stem().string();
        const fs::path truth = data / (name + "_labels.png");
        if (entry.path().extension() == ".png" && fs::exists(truth))
            slices.pairs.push_back({.truth = truth, .other = entry.path()});
    }
    std::sort(slices.pairs.begin(), slices.pairs.end(),
              [](const cli::PicturePair& a, const cli::PicturePair& b) { return a.other < b.other; });
    if (slices.pairs.size() < tiles_in_row)
        throw Failure(cli::bad_input, fmt::format("{}: expected {} slices or more with their labels, got {}",
                                                  data.string(), tiles_in_row, slices.pairs.size()));
    for (size_t i = 0; i < tiles_in_row; ++i)
        slices.shown.push_back((2 * i + 1) * slices.pairs.size() / (2 * tiles_in_row));
    return slices;
}

std::vector<fs::path> find_networks(const fs::path& models)
{
    std::vector<fs::path> networks;
    for (const auto& entry : fs::directory_iterator(models))
    {
        if (entry.path().extension() == ".safetensors")
            networks.push_back(entry.path());
    }
    std::sort(networks.begin(), networks.end());
    return networks;
}

void run(const fs::path& models, const fs::path& data, const fs::path& sheet)
{
    const Slices slices = find_slices(data);
    const Tensor volume = cli::read_npy(data / "volume.npy");
    const Tensor truth = cli::read_npy(data / "volume_labels.npy");
    const nlohmann::json scores = read_json(models / "scores.json");
    const Device device = cli::open_device({});
    const std::vector<fs::path> networks = find_networks(models);

    std::vector<Row> rows = {{.title = "slices of a head", .tiles = {}}, {.title = "truth", .tiles = {}}};
    std::vector<Row> volumes = {{.title = "a volume", .tiles = slices_of(volume)},
                                {.title = "truth", .tiles = coloured_slices(truth)}};
    for (Picture& tile : volumes[0].tiles)
        tile = as_rgb(tile);
    cli::Progress progress("segment");
    bool is_alike = true;
    fmt::print("{:<28} {:>10} {:>10}\n", "mean IoU", "vkseg", "PyTorch");
    for (size_t i = 0; i < networks.size(); ++i)
    {
        const bool takes_volumes = !fs::exists(fs::path(networks[i]).replace_extension(".json"));
        Row row = takes_volumes ? segment_volume(device, networks[i], volume, truth)
                                : segment_slices(device, networks[i], slices);
        row.mean_iou_of_pytorch = score_of_pytorch(scores, row.title);
        is_alike = is_alike && std::abs(row.mean_iou - row.mean_iou_of_pytorch) < 5 * rounding;
        fmt::print("{:<28} {:10.4f} {:10.4f}\n", row.title, row.mean_iou, row.mean_iou_of_pytorch);
        (takes_volumes ? volumes : rows).push_back(std::move(row));
        progress.show(double(i + 1) / double(networks.size()));
    }
    const std::vector<Colour> palette =
        take(find_description(networks.front(), take(load_model(networks.front())))).colours;
    for (const size_t i : slices.shown)
    {
        rows[0].tiles.push_back(as_rgb(cli::read_picture(slices.pairs[i].other)));
        rows[1].tiles.push_back(coloured(cli::read_label_map(slices.pairs[i].truth), palette));
    }
    if (rows.size() % 2 != 0)
        rows.emplace_back();
    rows.insert(rows.end(), volumes.begin(), volumes.end());
    cli::write_png(sheet, draw(rows));
    fmt::print("the sheet is {}\n", sheet.string());
    if (!is_alike)
        throw Failure(cli::bad_input, "a score differs from the one of PyTorch");
}

} // namespace
} // namespace vkseg::contact_sheet

int main(int argc, char** argv)
{
    if (argc != 4)
    {
        fmt::print(stderr, "usage: contact_sheet MODELS DATA SHEET.png\n"
                           "example: contact_sheet samples/models/brain samples/data/brain out/networks.png\n");
        return vkseg::cli::wrong_usage;
    }
    try
    {
        vkseg::contact_sheet::run(argv[1], argv[2], argv[3]);
    }
    catch (const vkseg::cli::Failure& failure)
    {
        std::fflush(stdout);
        fmt::print(stderr, "contact_sheet: {}\n", vkseg::cli::shown_lines(failure.what()));
        return failure.code();
    }
    catch (const std::exception& error)
    {
        fmt::print(stderr, "contact_sheet: {}\n", vkseg::cli::shown_lines(error.what()));
        return vkseg::cli::bad_input;
    }
    return vkseg::cli::done;
}
