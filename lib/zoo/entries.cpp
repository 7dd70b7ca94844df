#include "zoo/entries.hpp"

namespace vkseg::zoo {
namespace {

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
constexpr const char* ren_2015 =
    "Ren et al. 2015, Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks";
constexpr const char* he_2017 = "He et al. 2017, Mask R-CNN";
constexpr const char* ciresan_2012 = "Cireşan et al. 2012, Deep Neural Networks Segment Neuronal Membranes in "
                                     "Electron Microscopy Images";
constexpr const char* auxiliary = "aux_classifier.";

// Input normalisation of the releases: the mean (of ImageNet or another) to subtract, and the channel order.
constexpr const char* caffe =
    R"({"input": {"channels": "bgr", "pixel_maximum": 255, "mean": [104.00699, 116.66877, 122.67892]}})";
constexpr const char* oxford =
    R"({"input": {"channels": "bgr", "pixel_maximum": 255, "mean": [103.939, 116.779, 123.68]}})";
constexpr const char* dilation_voc =
    R"({"input": {"channels": "bgr", "pixel_maximum": 255, "mean": [102.93, 111.36, 116.52]}})";
constexpr const char* torchvision = R"({"input": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}})";
constexpr const char* torchvision_instances =
    R"({"input": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "fit": "letterbox_top_left", "antialias": false}, "output": {"kind": "instances"}})";
constexpr const char* girshick_instances =
    R"({"input": {"channels": "bgr", "pixel_maximum": 255, "mean": [102.9801, 115.9465, 122.7717], "fit": "letterbox_top_left", "antialias": false}, "output": {"kind": "instances"}})";
constexpr const char* tensorflow = R"({"input": {"pixel_maximum": 255, "mean": 127.5, "std": 127.5}})";
constexpr const char* bgr = R"({"input": {"channels": "bgr", "pixel_maximum": 255}})";
constexpr const char* rgb = R"({})";

Shape colour(int64_t height, int64_t width)
{
    return {1, 3, height, width};
}

Shape colour(int64_t extent)
{
    return colour(extent, extent);
}

Shape grey(int64_t extent)
{
    return {1, 1, extent, extent};
}

} // namespace

const std::vector<Entry>& entries()
{
    static const std::vector<Entry> table = {
        {"fcn-32s", "FCN-32s on VGG16", long_2015, fcn_32s, colour(500), 21, caffe},
        {"fcn-16s", "FCN-16s on VGG16", long_2015, fcn_16s, colour(500), 21, caffe},
        {"fcn-8s", "FCN-8s on VGG16", long_2015, fcn_8s, colour(500), 21, caffe},
        {"fcn-32s-padded", "FCN-32s, padded by 1", long_2015, fcn_32s_padded, colour(512), 21, caffe},
        {"fcn-16s-padded", "FCN-16s, padded by 1", long_2015, fcn_16s_padded, colour(512), 21, caffe},
        {"fcn-8s-padded", "FCN-8s, padded by 1", long_2015, fcn_8s_padded, colour(512), 21, caffe},
        {"fcn-resnet50", "FCN on ResNet-50", long_2015, fcn_resnet50, colour(520), 21, torchvision, 0, auxiliary},
        {"deconvnet", "DeconvNet", noh_2015, deconvnet, colour(224), 21, caffe},
        {"segnet", "SegNet", badrinarayanan_2017, segnet, colour(360, 480), 11, bgr},
        {"segnet-basic", "SegNet-Basic", badrinarayanan_2017, segnet_basic, colour(360, 480), 11, bgr},
        {"unet", "U-Net", ronneberger_2015, unet, grey(572), 2, nullptr},
        {"unet-padded", "U-Net, padded by 1", ronneberger_2015, unet_padded, colour(512), 2, rgb},
        {"vnet", "V-Net", milletari_2016, vnet, Shape{1, 1, 128, 128, 64}, 2, nullptr},
        {"deeplab-v1", "DeepLab LargeFOV", chen_2015, deeplab_v1, colour(513), 21, caffe},
        {"deeplab-v2-vgg16", "DeepLabv2 on VGG16", chen_2016, deeplab_v2_vgg16, colour(513), 21, caffe},
        {"deeplab-v2-resnet101", "DeepLabv2 on ResNet-101", chen_2016, deeplab_v2_resnet101, colour(513), 21, caffe},
        {"deeplab-v3-resnet50", "DeepLabv3 on ResNet-50", chen_2017, deeplab_v3_resnet50, colour(520), 21, torchvision,
         8, auxiliary},
        {"deeplab-v3-resnet101", "DeepLabv3 on ResNet-101", chen_2017, deeplab_v3_resnet101, colour(520), 21,
         torchvision, 8, auxiliary},
        {"deeplab-v3-mobilenet-v2", "DeepLabv3 on MobileNetV2", chen_2017, deeplab_v3_mobilenet_v2, colour(513), 21,
         torchvision, 16},
        {"deeplab-v3-mobilenet-v3", "DeepLabv3 on MobileNetV3", chen_2017, deeplab_v3_mobilenet_v3, colour(520), 21,
         torchvision, 0, auxiliary},
        {"deeplab-v3plus-resnet50", "DeepLabv3+ on ResNet-50", chen_2018, deeplab_v3plus_resnet50, colour(513), 21,
         torchvision, 16},
        {"deeplab-v3plus-resnet101", "DeepLabv3+ on ResNet-101", chen_2018, deeplab_v3plus_resnet101, colour(513), 21,
         torchvision, 16},
        {"deeplab-v3plus-mobilenet-v2", "DeepLabv3+ on MobileNetV2", chen_2018, deeplab_v3plus_mobilenet_v2,
         colour(513), 21, torchvision, 16},
        {"deeplab-v3plus-xception65", "DeepLabv3+ on Xception-65", chen_2018, deeplab_v3plus_xception65, colour(513),
         21, tensorflow, 16},
        {"pspnet50", "PSPNet on ResNet-50", zhao_2017, pspnet50, colour(473), 150, oxford},
        {"pspnet101", "PSPNet on ResNet-101", zhao_2017, pspnet101, colour(713), 19, oxford},
        {"dilated-frontend", "Dilated front end", yu_2016, dilated_frontend, colour(900), 21, nullptr},
        {"dilated8", "Dilated with context, 8 levels", yu_2016, dilated8, colour(900), 21, nullptr},
        {"dilated8-padded", "Dilated with context, padded", yu_2016, dilated8_padded, colour(512), 21, dilation_voc},
        {"dilated10", "Dilated with context, 10 levels", yu_2016, dilated10, colour(1396), 19, nullptr},
        {"fc-densenet56", "FC-DenseNet56", jegou_2017, fc_densenet56, colour(224), 11, rgb},
        {"fc-densenet67", "FC-DenseNet67", jegou_2017, fc_densenet67, colour(224), 11, rgb},
        {"fc-densenet103", "FC-DenseNet103", jegou_2017, fc_densenet103, colour(224), 11, rgb},
        {"lraspp-mobilenet-v3", "LR-ASPP on MobileNetV3", howard_2019, lraspp_mobilenet_v3, colour(520), 21,
         torchvision},
        {"crf-rnn", "CRF as RNN on FCN-8s", zheng_2015, crf_rnn, colour(500), 21, oxford},
        {"faster-rcnn-vgg16", "Faster R-CNN on VGG16", ren_2015, faster_rcnn_vgg16, colour(600, 800), 21,
         girshick_instances},
        {"faster-rcnn-resnet50-c4", "Faster R-CNN on ResNet-50's fourth stage", ren_2015, faster_rcnn_resnet50_c4,
         colour(800), 91, torchvision_instances},
        {"mask-rcnn-resnet50-c4", "Mask R-CNN on ResNet-50's fourth stage", he_2017, mask_rcnn_resnet50_c4, colour(800),
         91, torchvision_instances},
        {"faster-rcnn-resnet50-fpn", "Faster R-CNN on ResNet-50 with a feature pyramid", ren_2015,
         faster_rcnn_resnet50_fpn, colour(800), 91, torchvision_instances},
        {"mask-rcnn-resnet50-fpn", "Mask R-CNN on ResNet-50 with a feature pyramid", he_2017, mask_rcnn_resnet50_fpn,
         colour(800), 91, torchvision_instances},
        {"patch-classifier", "Classifier of patches", ciresan_2012, patch_classifier, grey(95), 2, nullptr},
        {"patch-classifier-dense", "Classifier of patches, dense", ciresan_2012, patch_classifier_dense, grey(350), 2,
         nullptr},
    };
    return table;
}

} // namespace vkseg::zoo
