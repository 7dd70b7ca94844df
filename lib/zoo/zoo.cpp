#include "vkseg/zoo.hpp"

#include "base/try.hpp"
#include "vkseg/weights.hpp"
#include "zoo/families.hpp"
#include "zoo/parse.hpp"

#include <algorithm>

namespace vkseg {
namespace {

struct Entry
{
    const char* name;
    const char* title;
    const char* source;
    zoo::BuildFunction build;
    Shape input;
    int64_t classes;
    int64_t output_stride = 0;
    const char* ignored_weights = nullptr; ///< prefixes of what only training needs
};

constexpr const char* long_2015 = "Long et al. 2015, Fully Convolutional Networks for Semantic Segmentation";
constexpr const char* noh_2015 = "Noh et al. 2015, Learning Deconvolution Network for Semantic Segmentation";
constexpr const char* badrinarayanan_2017 =
    "Badrinarayanan et al. 2017, SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image Segmentation";
constexpr const char* ronneberger_2015 =
    "Ronneberger et al. 2015, U-Net: Convolutional Networks for Biomedical Image Segmentation";
constexpr const char* milletari_2016 = "Milletari et al. 2016, V-Net: Fully Convolutional Neural Networks for "
                                       "Volumetric Medical Image Segmentation";
constexpr const char* chen_2015 =
    "Chen et al. 2015, Semantic Image Segmentation with Deep Convolutional Nets and Fully Connected CRFs";
constexpr const char* chen_2016 = "Chen et al. 2016, DeepLab: Semantic Image Segmentation with Deep Convolutional "
                                  "Nets, Atrous Convolution, and Fully Connected CRFs";
constexpr const char* chen_2017 = "Chen et al. 2017, Rethinking Atrous Convolution for Semantic Image Segmentation";
constexpr const char* chen_2018 = "Chen et al. 2018, Encoder-Decoder with Atrous Separable Convolution for Semantic "
                                  "Image Segmentation";
constexpr const char* zhao_2017 = "Zhao et al. 2017, Pyramid Scene Parsing Network";
constexpr const char* yu_2016 = "Yu and Koltun 2016, Multi-Scale Context Aggregation by Dilated Convolutions";
constexpr const char* jegou_2017 =
    "Jégou et al. 2017, The One Hundred Layers Tiramisu: Fully Convolutional DenseNets for Semantic Segmentation";
constexpr const char* howard_2019 = "Howard et al. 2019, Searching for MobileNetV3";
constexpr const char* zheng_2015 = "Zheng et al. 2015, Conditional Random Fields as Recurrent Neural Networks";
constexpr const char* ciresan_2012 = "Cireşan et al. 2012, Deep Neural Networks Segment Neuronal Membranes in "
                                     "Electron Microscopy Images";
constexpr const char* auxiliary = "aux_classifier.";

const std::vector<Entry>& entries()
{
    static const std::vector<Entry> table = {
        {"fcn-32s", "FCN-32s on VGG16", long_2015, zoo::fcn_32s, {1, 3, 500, 500}, 21},
        {"fcn-16s", "FCN-16s on VGG16", long_2015, zoo::fcn_16s, {1, 3, 500, 500}, 21},
        {"fcn-8s", "FCN-8s on VGG16", long_2015, zoo::fcn_8s, {1, 3, 500, 500}, 21},
        {"fcn-32s-padded", "FCN-32s, padded by 1", long_2015, zoo::fcn_32s_padded, {1, 3, 512, 512}, 21},
        {"fcn-16s-padded", "FCN-16s, padded by 1", long_2015, zoo::fcn_16s_padded, {1, 3, 512, 512}, 21},
        {"fcn-8s-padded", "FCN-8s, padded by 1", long_2015, zoo::fcn_8s_padded, {1, 3, 512, 512}, 21},
        {"fcn-resnet50", "FCN on ResNet-50", long_2015, zoo::fcn_resnet50, {1, 3, 520, 520}, 21, 0, auxiliary},
        {"deconvnet", "DeconvNet", noh_2015, zoo::deconvnet, {1, 3, 224, 224}, 21},
        {"segnet", "SegNet", badrinarayanan_2017, zoo::segnet, {1, 3, 360, 480}, 11},
        {"segnet-basic", "SegNet-Basic", badrinarayanan_2017, zoo::segnet_basic, {1, 3, 360, 480}, 11},
        {"unet", "U-Net", ronneberger_2015, zoo::unet, {1, 1, 572, 572}, 2},
        {"unet-padded", "U-Net, padded by 1", ronneberger_2015, zoo::unet_padded, {1, 3, 512, 512}, 2},
        {"vnet", "V-Net", milletari_2016, zoo::vnet, {1, 1, 128, 128, 64}, 2},
        {"deeplab-v1", "DeepLab LargeFOV", chen_2015, zoo::deeplab_v1, {1, 3, 513, 513}, 21},
        {"deeplab-v2-vgg16", "DeepLabv2 on VGG16", chen_2016, zoo::deeplab_v2_vgg16, {1, 3, 513, 513}, 21},
        {"deeplab-v2-resnet101", "DeepLabv2 on ResNet-101", chen_2016, zoo::deeplab_v2_resnet101, {1, 3, 513, 513}, 21},
        {"deeplab-v3-resnet50",
         "DeepLabv3 on ResNet-50",
         chen_2017,
         zoo::deeplab_v3_resnet50,
         {1, 3, 520, 520},
         21,
         8,
         auxiliary},
        {"deeplab-v3-resnet101",
         "DeepLabv3 on ResNet-101",
         chen_2017,
         zoo::deeplab_v3_resnet101,
         {1, 3, 520, 520},
         21,
         8,
         auxiliary},
        {"deeplab-v3-mobilenet-v2",
         "DeepLabv3 on MobileNetV2",
         chen_2017,
         zoo::deeplab_v3_mobilenet_v2,
         {1, 3, 513, 513},
         21,
         16},
        {"deeplab-v3-mobilenet-v3",
         "DeepLabv3 on MobileNetV3",
         chen_2017,
         zoo::deeplab_v3_mobilenet_v3,
         {1, 3, 520, 520},
         21,
         0,
         auxiliary},
        {"deeplab-v3plus-resnet50",
         "DeepLabv3+ on ResNet-50",
         chen_2018,
         zoo::deeplab_v3plus_resnet50,
         {1, 3, 513, 513},
         21,
         16},
        {"deeplab-v3plus-resnet101",
         "DeepLabv3+ on ResNet-101",
         chen_2018,
         zoo::deeplab_v3plus_resnet101,
         {1, 3, 513, 513},
         21,
         16},
        {"deeplab-v3plus-mobilenet-v2",
         "DeepLabv3+ on MobileNetV2",
         chen_2018,
         zoo::deeplab_v3plus_mobilenet_v2,
         {1, 3, 513, 513},
         21,
         16},
        {"deeplab-v3plus-xception65",
         "DeepLabv3+ on Xception-65",
         chen_2018,
         zoo::deeplab_v3plus_xception65,
         {1, 3, 513, 513},
         21,
         16},
        {"pspnet50", "PSPNet on ResNet-50", zhao_2017, zoo::pspnet50, {1, 3, 473, 473}, 150},
        {"pspnet101", "PSPNet on ResNet-101", zhao_2017, zoo::pspnet101, {1, 3, 713, 713}, 19},
        {"dilated-frontend", "Dilated front end", yu_2016, zoo::dilated_frontend, {1, 3, 900, 900}, 21},
        {"dilated8", "Dilated with context, 8 levels", yu_2016, zoo::dilated8, {1, 3, 900, 900}, 21},
        {"dilated8-padded", "Dilated with context, padded", yu_2016, zoo::dilated8_padded, {1, 3, 512, 512}, 21},
        {"dilated10", "Dilated with context, 10 levels", yu_2016, zoo::dilated10, {1, 3, 1396, 1396}, 19},
        {"fc-densenet56", "FC-DenseNet56", jegou_2017, zoo::fc_densenet56, {1, 3, 224, 224}, 11},
        {"fc-densenet67", "FC-DenseNet67", jegou_2017, zoo::fc_densenet67, {1, 3, 224, 224}, 11},
        {"fc-densenet103", "FC-DenseNet103", jegou_2017, zoo::fc_densenet103, {1, 3, 224, 224}, 11},
        {"lraspp-mobilenet-v3", "LR-ASPP on MobileNetV3", howard_2019, zoo::lraspp_mobilenet_v3, {1, 3, 520, 520}, 21},
        {"crf-rnn", "CRF as RNN on FCN-8s", zheng_2015, zoo::crf_rnn, {1, 3, 500, 500}, 21},
        {"patch-classifier", "Classifier of patches", ciresan_2012, zoo::patch_classifier, {1, 1, 95, 95}, 2},
        {"patch-classifier-dense",
         "Classifier of patches, dense",
         ciresan_2012,
         zoo::patch_classifier_dense,
         {1, 1, 606, 606},
         2},
    };
    return table;
}

Status refuse(const std::string& message)
{
    return Status(StatusCode::invalid_argument, message);
}

Result<const Entry*> find_entry(const std::string& name)
{
    std::string names;
    for (const Entry& entry : entries())
    {
        if (entry.name == name)
            return &entry;
        names.append(names.empty() ? "" : ", ").append(entry.name);
    }
    return refuse("the zoo has no network '" + name + "'; it has " + names);
}

Status check_options(const Entry& entry, const ZooOptions& options)
{
    const std::string who = std::string("network '") + entry.name + "': ";
    if (options.classes < 0 || options.classes > 65536)
        return refuse(who + "expected 1 to 65536 classes, got " + std::to_string(options.classes));
    if (!(options.width > 0) || options.width > 16)
        return refuse(who + "expected a width above 0 and up to 16, got " + std::to_string(options.width));
    const bool has_stride = options.output_stride == 8 || options.output_stride == 16;
    if (options.output_stride != 0 && (entry.output_stride == 0 || !has_stride))
        return refuse(who + "expected " +
                      (entry.output_stride == 0 ? "no output stride" : "an output stride of 8 or 16") + ", got " +
                      std::to_string(options.output_stride));
    if (options.input.rank() != 0 && (options.input.rank() != entry.input.rank() || !options.input.is_known()))
        return refuse(who + "expected an input like " + to_string(entry.input) + ", got " + to_string(options.input));
    return {};
}

} // namespace

std::vector<ZooNetwork> zoo_networks()
{
    std::vector<ZooNetwork> networks;
    for (const Entry& entry : entries())
        networks.push_back({.name = entry.name,
                            .title = entry.title,
                            .source = entry.source,
                            .input = entry.input,
                            .classes = entry.classes,
                            .output_stride = entry.output_stride});
    return networks;
}

Result<Graph> build_network(const std::string& name, const ZooOptions& options)
{
    VKSEG_ASSIGN(const Entry* const entry, find_entry(name));
    VKSEG_TRY(check_options(*entry, options));
    GraphBuilder net(name);
    const ValueId x = net.input("input", options.input.rank() == 0 ? entry->input : options.input);
    const zoo::Parameters parameters = {.classes = options.classes == 0 ? entry->classes : options.classes,
                                        .width = options.width,
                                        .output_stride =
                                            options.output_stride == 0 ? entry->output_stride : options.output_stride};
    const ValueId scores = entry->build(net, x, parameters);
    if (entry->ignored_weights != nullptr)
        net.note("vkseg.ignored_weights", entry->ignored_weights);
    return net.finish({scores}, {"output"});
}

Result<Graph> load_network(const std::string& text, const std::filesystem::path& weights)
{
    const std::string name = text.substr(0, text.find(':'));
    ZooOptions options;
    if (weights.empty())
    {
        VKSEG_TRY(zoo::parse_options(text, options));
        return build_network(name, options);
    }
    VKSEG_ASSIGN(const WeightFile file, read_safetensors(weights));
    if (const auto network = file.metadata.find("network"); network != file.metadata.end() && network->second != name)
        return Status(StatusCode::invalid_model, weights.string() + ": expected weights of '" + name +
                                                     "', got those of '" + network->second + "'");
    VKSEG_TRY(zoo::read_metadata(file.metadata, options).with_context(weights.string()));
    VKSEG_TRY(zoo::parse_options(text, options));
    VKSEG_ASSIGN(Graph graph, build_network(name, options));
    VKSEG_TRY(fill_weights(graph, file).with_context(weights.string()));
    return graph;
}

} // namespace vkseg
