#include "vkseg/instance_metrics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace vkseg::instance_metrics_test {
namespace {

using Figures = std::array<double, 12>;

/// A scene and its figures as pycocotools 2.0 computes them; −1 stands for none. The scene is a list of words:
///     image ID HEIGHT WIDTH
///     category ID
///     object IMAGE CATEGORY X Y WIDTH HEIGHT IS_CROWD AREA
///     found IMAGE CATEGORY SCORE X Y WIDTH HEIGHT
///     many IMAGE CATEGORY COUNT X Y WIDTH HEIGHT: as many detections, side by side
///     random SEED
struct SceneCase
{
    const char* title;
    const char* scene;
    Figures boxes;
    Figures masks;
    Figures masks_alone; ///< without boxes in the results
};

const SceneCase scene_cases[] = {
    {"a perfect detection of each object",
     R"(image 1 100 120  category 1
object 1 1 10 10 20 20 0 400  object 1 1 50 40 50 40 0 2000
found 1 1 0.9 10 10 20 20  found 1 1 0.8 50 40 50 40)",
     {1, 1, 1, 0.99999999999999978, 0.99999999999999978, -1, 0.5, 1, 1, 1, 1, -1},
     {0.5, 1, 0, 0.49999999999999994, 0.49999999999999994, -1, 0.25, 0.5, 0.5, 0.5, 0.5, -1},
     {0.5, 1, 0, 0.49999999999999994, 0.49999999999999994, -1, 0.25, 0.5, 0.5, 0.5, 0.5, -1}},
    {"shifted boxes pass some of the thresholds",
     R"(image 1 100 120  category 1
object 1 1 10 10 40 40 0 1600  object 1 1 60 10 40 40 0 1600  object 1 1 10 55 40 40 0 1600
found 1 1 0.9 14 10 40 40  found 1 1 0.8 60 20 40 40  found 1 1 0.7 16 60 40 38  found 1 1 0.75 0 0 20 20)",
     {0.40940594059405938, 0.91584158415841588, 0.33663366336633654, -1, 0.43465346534653465, -1, 0.23333333333333331,
      0.43333333333333329, 0.43333333333333329, -1, 0.43333333333333329, -1},
     {0.10099009900990098, 0.33663366336633654, 0, -1, 0.10099009900990098, -1, 0.10000000000000001,
      0.10000000000000001, 0.10000000000000001, -1, 0.10000000000000001, -1},
     {0.10099009900990098, 0.33663366336633654, 0, -1, 0.10099009900990098, -1, 0.10000000000000001,
      0.10000000000000001, 0.10000000000000001, -1, 0.10000000000000001, -1}},
    {"any number of detections may lie in a crowd",
     R"(image 1 100 120  category 1
object 1 1 0 0 100 60 1 6000  object 1 1 10 65 30 30 0 900
found 1 1 0.95 10 10 20 20  found 1 1 0.9 50 20 30 30  found 1 1 0.6 40 30 20 60  found 1 1 0.5 10 66 30 30)",
     {0.5, 0.99999999999999989, 0.5, 0.89999999999999991, -1, -1, 0, 0.90000000000000002, 0.90000000000000002,
      0.90000000000000002, -1, -1},
     {0.20000000000000001, 0.5, 0, 0.39999999999999997, -1, -1, 0, 0.40000000000000002, 0.40000000000000002,
      0.40000000000000002, -1, -1},
     {0.20000000000000001, 0.5, 0, 0.20000000000000001, -1, -1, 0, 0.40000000000000002, 0.40000000000000002,
      0.40000000000000002, -1, -1}},
    {"a detection that fits an object and a crowd is the object's",
     R"(image 1 100 120  category 1
object 1 1 0 0 100 90 1 9000  object 1 1 20 20 40 40 0 1600
found 1 1 0.9 20 20 40 40  found 1 1 0.8 22 20 40 40  found 1 1 0.7 90 70 25 25  found 1 1 0.75 0 0 35 35)",
     {0.99999999999999978, 0.99999999999999989, 0.99999999999999989, -1, 0.99999999999999978, -1, 1, 1, 1, -1, 1, -1},
     {0.49999999999999994, 0.99999999999999989, 0, -1, 0.49999999999999994, -1, 0.5, 0.5, 0.5, -1, 0.5, -1},
     {0.49999999999999994, 0.99999999999999989, 0, -1, 0.49999999999999994, -1, 0.5, 0.5, 0.5, -1, 0.5, -1}},
    {"objects and detections outside a range of areas do not count",
     R"(image 1 150 200  category 1
object 1 1 5 5 20 20 0 400  object 1 1 40 5 50 50 0 2500  object 1 1 50 20 120 110 0 13200
found 1 1 0.9 5 5 20 20  found 1 1 0.8 42 5 50 50  found 1 1 0.7 50 20 120 100  found 1 1 0.65 100 5 30 30
found 1 1 0.6 120 5 40 40  found 1 1 0.5 0 0 110 110)",
     {0.93366336633663372, 1, 1, 0.99999999999999978, 0.89999999999999991, 0.89999999999999991, 0.33333333333333337,
      0.93333333333333335, 0.93333333333333335, 1, 0.90000000000000002, 0.90000000000000002},
     {0.43366336633663366, 1, 0, 0.49999999999999994, 0.39999999999999997, 0.39999999999999997, 0.16666666666666666,
      0.43333333333333329, 0.43333333333333329, 0.5, 0.40000000000000002, 0.40000000000000002},
     {0.43366336633663366, 1, 0, 0.49999999999999994, 0.39999999999999997, 0.39999999999999997, 0.16666666666666666,
      0.43333333333333329, 0.43333333333333329, 0.5, 0.40000000000000002, 0.40000000000000002}},
    {"areas at the limits belong to both ranges",
     R"(image 1 150 200  category 1
object 1 1 0 0 32 32 0 1024  object 1 1 40 0 96 96 0 9216
found 1 1 0.9 0 0 32 32  found 1 1 0.8 40 0 96 96)",
     {1, 1, 1, 0.99999999999999978, 1, 0.99999999999999978, 0.5, 1, 1, 1, 1, 1},
     {0.5, 1, 0, 0.49999999999999994, 0.5, 0.49999999999999994, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5},
     {0.5, 1, 0, 0.49999999999999994, 0.5, 0.49999999999999994, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5}},
    {"equal scores keep the order of pictures, then that of the list",
     R"(image 7 60 60  image 3 60 60  category 1
object 3 1 5 5 20 20 0 400  object 7 1 5 5 20 20 0 400  object 7 1 30 30 20 20 0 400
found 7 1 0.5 40 5 15 15  found 7 1 0.5 5 5 20 20  found 3 1 0.5 6 5 20 20  found 3 1 0.5 5 5 20 20
found 7 1 0.5 31 30 20 20)",
     {0.69435643564356431, 0.73465346534653408, 0.73465346534653408, 0.69435643564356431, -1, -1, 0.29999999999999999,
      0.96666666666666656, 0.96666666666666656, 0.96666666666666656, -1, -1},
     {0.32702970297029699, 0.73465346534653408, 0, 0.32702970297029699, -1, -1, 0.13333333333333333,
      0.46666666666666667, 0.46666666666666667, 0.46666666666666667, -1, -1},
     {0.32702970297029699, 0.73465346534653408, 0, 0.32702970297029699, -1, -1, 0.13333333333333333,
      0.46666666666666667, 0.46666666666666667, 0.46666666666666667, -1, -1}},
    {"a hundred detections of a picture count",
     R"(image 1 150 200  image 2 150 200  category 1  category 2
object 1 1 20 20 50 50 0 2500  object 1 2 20 20 50 50 0 2500  object 2 1 100 20 50 50 0 2500
many 1 1 130 60 60 40 40  found 1 1 0.05 20 20 50 50  found 1 2 0.05 20 20 50 50  found 2 1 0.01 100 20 50 50
many 1 2 5 60 60 40 40  many 2 1 11 60 60 30 30)",
     {0.085587576614804317, 0.085587576614804331, 0.085587576614804331, -1, 0.085833088259320969, -1, 0, 0.5, 0.75, -1,
      0.75, -1},
     {0.042793788307402159, 0.085587576614804331, 0, -1, 0.042916544129660485, -1, 0, 0.25, 0.375, -1, 0.375, -1},
     {0.042793788307402159, 0.085587576614804331, 0, -1, 0.042916544129660485, -1, 0, 0.25, 0.375, -1, 0.375, -1}},
    {"categories without objects leave the means",
     R"(image 1 60 60  category 5  category 2  category 9
object 1 2 5 5 20 20 0 400
found 1 2 0.9 5 5 20 20  found 1 5 0.8 5 5 20 20)",
     {0.99999999999999978, 0.99999999999999989, 0.99999999999999989, 0.99999999999999978, -1, -1, 1, 1, 1, 1, -1, -1},
     {0.49999999999999994, 0.99999999999999989, 0, 0.49999999999999994, -1, -1, 0.5, 0.5, 0.5, 0.5, -1, -1},
     {0.49999999999999994, 0.99999999999999989, 0, 0.49999999999999994, -1, -1, 0.5, 0.5, 0.5, 0.5, -1, -1}},
    {"detections in pictures without objects are wrong, and pictures without detections miss theirs",
     R"(image 1 60 60  image 2 60 60  image 3 60 60  category 1
object 1 1 5 5 20 20 0 400  object 3 1 5 5 20 20 0 400
found 2 1 0.95 5 5 20 20  found 1 1 0.9 5 5 20 20)",
     {0.25247524752475248, 0.25247524752475248, 0.25247524752475248, 0.25247524752475248, -1, -1, 0.5, 0.5, 0.5, 0.5,
      -1, -1},
     {0.12623762376237624, 0.25247524752475248, 0, 0.12623762376237624, -1, -1, 0.25, 0.25, 0.25, 0.25, -1, -1},
     {0.12623762376237624, 0.25247524752475248, 0, 0.12623762376237624, -1, -1, 0.25, 0.25, 0.25, 0.25, -1, -1}},
    {"without detections everything is missed",
     R"(image 1 60 60  category 1
object 1 1 5 5 20 20 0 400)",
     {0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1},
     {0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1},
     {0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1}},
    {"a detection's area is that of its mask, or of its box",
     R"(image 1 100 120  category 1
object 1 1 0 0 40 30 0 800
found 1 1 0.95 60 60 34 34  found 1 1 0.9 0 0 40 30)",
     {0.5, 0.5, 0.5, 0.99999999999999978, -1, -1, 0, 1, 1, 1, -1, -1},
     {0.25, 0.5, 0, 0.49999999999999994, -1, -1, 0, 0.5, 0.5, 0.5, -1, -1},
     {0.25, 0.5, 0, 0.25, -1, -1, 0, 0.5, 0.5, 0.5, -1, -1}},
    {"only crowds are no objects",
     R"(image 1 60 60  category 1
object 1 1 5 5 20 20 1 400
found 1 1 0.9 5 5 20 20)",
     {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1},
     {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1},
     {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}},
    {"a scene by chance, with few pictures",
     R"(random 1)",
     {0.29114911491149109, 0.40144014401440137, 0.35643564356435642, 0.31240924092409245, 0.89999999999999991, -1,
      0.1875, 0.53749999999999998, 0.53749999999999998, 0.5083333333333333, 0.90000000000000002, -1},
     {0.13292829282928292, 0.40144014401440137, 0, 0.14270627062706273, 0.39999999999999997, -1, 0.087499999999999994,
      0.23749999999999999, 0.23749999999999999, 0.22500000000000001, 0.40000000000000002, -1},
     {0.13292829282928292, 0.40144014401440137, 0, 0.1401815181518152, 0.39999999999999997, -1, 0.087499999999999994,
      0.23749999999999999, 0.23749999999999999, 0.22500000000000001, 0.40000000000000002, -1}},
    {"a scene by chance, with crowds",
     R"(random 2)",
     {0.41370422756561376, 0.60883231180260888, 0.60883231180260888, 0.41925192519251914, 0.49339933993399332, -1,
      0.36111111111111105, 0.51388888888888884, 0.51388888888888884, 0.48333333333333334, 0.52500000000000002, -1},
     {0.17795065220807793, 0.60883231180260888, 0, 0.17326732673267323, 0.22574257425742572, -1, 0.14999999999999999,
      0.22500000000000001, 0.22500000000000001, 0.21666666666666667, 0.22500000000000001, -1},
     {0.17795065220807793, 0.60883231180260888, 0, 0.17326732673267323, 0.22574257425742572, -1, 0.14999999999999999,
      0.22500000000000001, 0.22500000000000001, 0.21666666666666667, 0.22500000000000001, -1}},
    {"a scene by chance, with many pictures",
     R"(random 3)",
     {0.32367181360993241, 0.4569228351406569, 0.40718411126826959, 0.3388191799949225, 0.37359735973597352, -1,
      0.28159722222222222, 0.49166666666666659, 0.49166666666666659, 0.55000000000000004, 0.38250000000000001, -1},
     {0.13258349049190632, 0.4569228351406569, 0, 0.1394543499679638, 0.15123762376237623, -1, 0.11458333333333333,
      0.20868055555555554, 0.20868055555555554, 0.23749999999999999, 0.15499999999999997, -1},
     {0.13258349049190632, 0.4569228351406569, 0, 0.13745159131297743, 0.15123762376237623, -1, 0.11458333333333333,
      0.20868055555555554, 0.20868055555555554, 0.23749999999999999, 0.15499999999999997, -1}},
};

struct Scene
{
    CocoAnnotations truth;
    std::vector<CocoDetection> detections;
};

class Random
{
public:
    explicit Random(uint32_t seed) : state_(seed) {}
    int below(int bound)
    {
        state_ = state_ * 1664525u + 1013904223u;
        return int((state_ >> 8) % uint32_t(bound));
    }

private:
    uint32_t state_;
};

/// The pixels of a box that `is_set` accepts.
template <class IsSet>
RunLengths mask_of(const CocoImage& image, const std::array<double, 4>& box, const IsSet& is_set)
{
    std::vector<uint8_t> pixels(size_t(image.height * image.width));
    const auto [left, top, width, height] = box;
    for (int64_t y = int64_t(top); y < std::min(image.height, int64_t(top + height)); ++y)
    {
        for (int64_t x = int64_t(left); x < std::min(image.width, int64_t(left + width)); ++x)
            pixels[size_t(y * image.width + x)] = is_set(x, y);
    }
    return *encode_mask(pixels, image.height, image.width);
}

const CocoImage& image_of(const Scene& scene, int64_t id)
{
    return *std::find_if(scene.truth.images.begin(), scene.truth.images.end(),
                         [&](const CocoImage& image) { return image.id == id; });
}

void add_detection(Scene& scene, CocoDetection detection)
{
    detection.mask = mask_of(image_of(scene, detection.image_id), detection.box,
                             [](int64_t x, int64_t y) { return (x + 2 * y) % 6 != 0; });
    scene.detections.push_back(std::move(detection));
}

void add_object(Scene& scene, CocoAnnotation object)
{
    object.id = int64_t(scene.truth.annotations.size());
    object.mask =
        mask_of(image_of(scene, object.image_id), object.box, [](int64_t x, int64_t y) { return (x + y) % 7 != 0; });
    scene.truth.annotations.push_back(std::move(object));
}

Scene random_scene(int seed)
{
    Scene scene;
    Random random{uint32_t(seed)};
    const int categories = 2 + random.below(3);
    const int images = seed == 3 ? 7 : 3;
    for (int i = 1; i <= categories; ++i)
        scene.truth.categories.push_back({.id = i, .name = {}});
    for (int i = 1; i <= images; ++i)
    {
        scene.truth.images.push_back({.id = i, .height = 150, .width = 200, .file_name = {}});
        for (int objects = random.below(9); objects > 0; --objects)
        {
            const int width = 6 + random.below(random.below(3) == 0 ? 100 : 40);
            const int height = 6 + random.below(random.below(3) == 0 ? 100 : 40);
            const int x = random.below(200 - width);
            const int y = random.below(150 - height);
            const int category = 1 + random.below(categories);
            const bool is_crowd = random.below(8) == 0;
            add_object(scene, {.image_id = i,
                               .category_id = category,
                               .box = {double(x), double(y), double(width), double(height)},
                               .area = double(width * height),
                               .is_crowd = is_crowd});
        }
    }
    for (const CocoAnnotation& object : scene.truth.annotations)
    {
        const int width = int(object.box[2]);
        const int height = int(object.box[3]);
        for (int count = random.below(3); count > 0; --count)
        {
            CocoDetection detection = {.image_id = object.image_id};
            detection.category_id = random.below(10) > 0 ? object.category_id : 1;
            detection.score = random.below(20) / 20.0;
            detection.box[0] = object.box[0] + random.below(1 + width / 8);
            detection.box[1] = object.box[1] + random.below(1 + height / 8);
            detection.box[2] = width - random.below(1 + width / 8);
            detection.box[3] = height - random.below(1 + height / 8);
            add_detection(scene, std::move(detection));
        }
    }
    for (int i = 0; i < images * 4; ++i)
    {
        CocoDetection detection;
        detection.image_id = 1 + random.below(images);
        detection.category_id = 1 + random.below(categories);
        detection.score = random.below(20) / 20.0;
        detection.box[0] = random.below(100);
        detection.box[1] = random.below(100);
        detection.box[2] = 5 + random.below(40);
        detection.box[3] = 5 + random.below(40);
        add_detection(scene, std::move(detection));
    }
    return scene;
}

std::istream& operator>>(std::istream& words, std::array<double, 4>& box)
{
    return words >> box[0] >> box[1] >> box[2] >> box[3];
}

Scene scene_of(const char* text)
{
    Scene scene;
    std::istringstream words(text);
    std::string word;
    while (words >> word)
    {
        if (word == "random")
        {
            int seed = 0;
            words >> seed;
            return random_scene(seed);
        }
        if (word == "image")
        {
            CocoImage& image = scene.truth.images.emplace_back();
            words >> image.id >> image.height >> image.width;
        }
        else if (word == "category")
            words >> scene.truth.categories.emplace_back().id;
        else if (word == "object")
        {
            CocoAnnotation object;
            words >> object.image_id >> object.category_id >> object.box >> object.is_crowd >> object.area;
            add_object(scene, std::move(object));
        }
        else if (word == "found")
        {
            CocoDetection detection;
            words >> detection.image_id >> detection.category_id >> detection.score >> detection.box;
            add_detection(scene, std::move(detection));
        }
        else if (word == "many")
        {
            CocoDetection first;
            int count = 0;
            words >> first.image_id >> first.category_id >> count >> first.box;
            for (int i = 0; i < count; ++i)
            {
                CocoDetection detection = first;
                detection.score = (1000 - i) / 1000.0;
                detection.box[0] += i % 50;
                add_detection(scene, std::move(detection));
            }
        }
    }
    return scene;
}

Figures figures_of(const AveragePrecision& all)
{
    Figures figures = {all.ap,  all.ap50, all.ap75,  all.ap_small, all.ap_medium, all.ap_large,
                       all.ar1, all.ar10, all.ar100, all.ar_small, all.ar_medium, all.ar_large};
    for (double& figure : figures)
        figure = std::isnan(figure) ? -1 : figure;
    return figures;
}

void check_figures(const Scene& scene, const AveragePrecisionOptions& options, const Figures& expected)
{
    const Result<InstanceMetrics> metrics = average_precision(scene.truth, scene.detections, options);
    REQUIRE_MESSAGE(metrics.is_ok(), metrics.status().message());
    const Figures got = figures_of(metrics->all);
    for (size_t i = 0; i < got.size(); ++i)
        CHECK_MESSAGE(std::abs(got[i] - expected[i]) <= 1e-12,
                      "figure " << i << ": " << got[i] << ", expected " << expected[i]);
}

std::string refusal(const Scene& scene, const AveragePrecisionOptions& options = {})
{
    return average_precision(scene.truth, scene.detections, options).status().message();
}

} // namespace

TEST_CASE("instance_metrics: the twelve figures are those of pycocotools")
{
    for (const SceneCase& one : scene_cases)
    {
        CAPTURE(one.title);
        const Scene scene = scene_of(one.scene);
        check_figures(scene, {.overlap = InstanceOverlap::boxes}, one.boxes);
        check_figures(scene, {.overlap = InstanceOverlap::masks, .area = DetectionArea::box}, one.masks);
        check_figures(scene, {.overlap = InstanceOverlap::masks}, one.masks_alone);
    }
}

TEST_CASE("instance_metrics: each category has figures of its own, in the order of the ids")
{
    const Scene scene = scene_of("image 1 60 60 category 7 category 3 category 5 object 1 7 5 5 20 20 0 400 "
                                 "object 1 3 30 30 20 20 0 400 object 1 3 0 0 60 60 1 3600 "
                                 "found 1 7 0.5 5 5 20 20 found 1 3 0.5 5 5 20 20 found 1 4 0.5 5 5 20 20");
    const InstanceMetrics metrics =
        *average_precision(scene.truth, scene.detections, {.overlap = InstanceOverlap::boxes});
    REQUIRE(metrics.categories.size() == 3);
    CHECK(metrics.categories[0].category_id == 3);
    CHECK(metrics.categories[0].objects == 1);
    CHECK(metrics.categories[0].figures.ap == 0);
    CHECK(metrics.categories[1].category_id == 5);
    CHECK(metrics.categories[1].objects == 0);
    CHECK(std::isnan(metrics.categories[1].figures.ap));
    CHECK(metrics.categories[2].category_id == 7);
    CHECK(metrics.categories[2].figures.ap == doctest::Approx(1));
    CHECK(metrics.all.ap == doctest::Approx(0.5));
    CHECK(metrics.ignored_detections == 1);
}

TEST_CASE("instance_metrics: without pictures there are no figures")
{
    const Result<InstanceMetrics> metrics = average_precision({}, {});
    REQUIRE(metrics.is_ok());
    CHECK(std::isnan(metrics->all.ap));
    CHECK(std::isnan(metrics->all.ar_large));
}

TEST_CASE("instance_metrics: pictures and masks that do not fit are refused")
{
    Scene scene = scene_of("image 1 60 50 category 1 object 1 1 5 5 20 20 0 400 found 1 1 0.5 5 5 20 20");
    scene.detections[0].image_id = 2;
    CHECK(refusal(scene) == "average_precision: detection 0: the truth lists no image with the id 2");
    scene.detections[0].image_id = 1;
    scene.detections[0].mask = *encode_mask(std::vector<uint8_t>(3000), 50, 60);
    CHECK(refusal(scene) == "average_precision: detection 0: expected a mask of 60x50 pixels as image 1, got 50x60");
    scene.detections[0].score = std::nan("");
    CHECK(refusal(scene) == "average_precision: detection 0: the score or a coordinate of the box is infinite or NaN");
    scene.detections[0].score = 0.5;
    scene.detections[0].mask = {};
    CHECK(refusal(scene) == "average_precision: detection 0: has no mask");
    CHECK(refusal(scene, {.overlap = InstanceOverlap::boxes}).empty());
    CHECK(refusal(scene, {.overlap = InstanceOverlap::boxes, .area = DetectionArea::mask}) ==
          "average_precision: detection 0: has no mask");
    scene.truth.annotations[0].mask = {};
    CHECK(refusal(scene) == "average_precision: annotation 0: has no mask");
}

} // namespace vkseg::instance_metrics_test
