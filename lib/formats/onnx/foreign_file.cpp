#include "formats/onnx/foreign_file.hpp"

#include <algorithm>
#include <string_view>

namespace vkseg::onnx {
namespace {

using namespace std::string_view_literals;

/// A file that has these bytes at this place.
struct ForeignFormat
{
    size_t offset = 0;
    std::string_view magic;
    const char* what;
    const char* remedy;
};

constexpr const char* by_torch = "export the network with torch.onnx.export()";
constexpr const char* by_tf2onnx = "convert it with tf2onnx";
constexpr const char* from_source = "export the network that it was made from to ONNX";

constexpr ForeignFormat formats[] = {
    {4, "ORTM"sv, "a model in ONNX Runtime's own format", "use the ONNX file that it was made from"},
    {4, "ET12"sv, "an ExecuTorch program", by_torch},
    {0, "PK\x03\x04"sv, "a zip archive, as PyTorch (.pt, .pth) and Keras (.keras) write them",
     "export the network with torch.onnx.export(), or convert it with tf2onnx"},
    {0, "\x80\x02"sv, "a Python pickle, as older versions of PyTorch write them", by_torch},
    {0, "\x89HDF\r\n"sv, "an HDF5 file, as Keras writes them", by_tf2onnx},
    {0, "7767517"sv, "an ncnn network", from_source},
    {0, "GGUF"sv, "a GGUF file", from_source},
    {0, "ftrt"sv, "a TensorRT engine", from_source},
    {0, "RKNN"sv, "an RKNN model", from_source},
    {0, "<?xml"sv, "an XML file, as OpenVINO writes them", from_source},
    {0, "<net "sv, "an OpenVINO network", from_source},
    {0, "<!DOCTYPE"sv, "a web page", "download the file itself"},
    {0, "<html"sv, "a web page", "download the file itself"},
    {0, "version https://git-lfs"sv, "a pointer of Git LFS", "fetch the file itself with 'git lfs pull'"},
    {0, "\x1f\x8b"sv, "a gzip archive", "unpack it"},
    {8, "{\""sv, "a file of weights (safetensors)", "give the name of the network that it belongs to"},
};

} // namespace

std::string foreign_format(std::span<const std::byte> bytes)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto named = [](const char* what, const char* remedy)
    { return "this is not an ONNX file but " + std::string(what) + ": " + remedy; };
    for (const ForeignFormat& format : formats)
    {
        if (text.size() > format.offset && text.substr(format.offset).starts_with(format.magic))
            return named(format.what, format.remedy);
    }
    // In an ONNX file field 1 is a number. Paddle and TensorFlow have a message there.
    constexpr size_t searched_bytes = 65536;
    const std::string_view start = text.substr(0, searched_bytes);
    if (!text.starts_with('\n'))
        return {};
    if (start.find("Placeholder") != std::string_view::npos)
        return named("a TensorFlow graph", "convert it with tf2onnx (--graphdef)");
    if (start.find("feed") != std::string_view::npos && start.find("op_role") != std::string_view::npos)
        return named("a Paddle program", "convert it with paddle2onnx");
    return {};
}

} // namespace vkseg::onnx
