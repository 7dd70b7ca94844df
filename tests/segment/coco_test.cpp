#include "vkseg/coco.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace vkseg::coco_test {
namespace {

const std::string image = R"({"id": 7, "height": 4, "width": 5, "file_name": "a.jpg"})";

/// A file with one image of 4 x 5 pixels, one category, and these annotations.
std::string truth_with(const std::string& annotations)
{
    return R"({"info": {"year": 2017}, "images": [)" + image +
           R"(], "categories": [{"id": 3, "name": "cat", "supercategory": "animal"}], "annotations": [)" + annotations +
           "]}";
}

/// An annotation with these keys besides the needed ones.
std::string annotation_with(const std::string& keys)
{
    return R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2])" + (keys.empty() ? "" : ", " + keys) +
           "}";
}

std::string refusal_of_annotation(const std::string& annotation)
{
    return parse_coco_annotations(truth_with(annotation), "t.json").status().message();
}

std::string refusal_of_truth(const std::string& text)
{
    return parse_coco_annotations(text, "t.json").status().message();
}

std::string refusal_of_results(const std::string& text)
{
    return parse_coco_results(text, "r.json").status().message();
}

RunLengths mask_of(const std::string& segmentation)
{
    const Result<CocoAnnotations> truth =
        parse_coco_annotations(truth_with(annotation_with("\"segmentation\": " + segmentation)), "t.json");
    REQUIRE_MESSAGE(truth.is_ok(), truth.status().message());
    return truth->annotations[0].mask;
}

} // namespace

TEST_CASE("coco: annotations are read with what they say and what they leave out")
{
    const std::string text = truth_with(
        R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 1.5, 2, 2], "area": 3.5, "iscrowd": 1,
            "segmentation": {"size": [4, 5], "counts": [5, 2, 13]}, "score": "any"},
           {"id": 2, "image_id": 7, "category_id": 3, "bbox": [0, 0, 2, 3], "segmentation": [[1, 1, 3, 1, 3, 3, 1, 3]]},
           {"id": 3, "image_id": 7, "category_id": 3, "bbox": [0, 0, 2, 3], "segmentation": []})");
    const Result<CocoAnnotations> truth = parse_coco_annotations(text, "t.json");
    REQUIRE_MESSAGE(truth.is_ok(), truth.status().message());
    REQUIRE(truth->images.size() == 1);
    CHECK(truth->images[0].id == 7);
    CHECK(truth->images[0].height == 4);
    CHECK(truth->images[0].width == 5);
    CHECK(truth->images[0].file_name == "a.jpg");
    REQUIRE(truth->categories.size() == 1);
    CHECK(truth->categories[0].id == 3);
    CHECK(truth->categories[0].name == "cat");
    REQUIRE(truth->annotations.size() == 3);
    const CocoAnnotation& crowd = truth->annotations[0];
    CHECK(crowd.is_crowd);
    CHECK(crowd.area == 3.5);
    CHECK(crowd.box == std::array<double, 4>{1, 1.5, 2, 2});
    CHECK(crowd.mask.counts == std::vector<uint32_t>{5, 2, 13});
    const CocoAnnotation& polygon = truth->annotations[1];
    CHECK(!polygon.is_crowd);
    CHECK(polygon.area == 4);
    CHECK(polygon.mask.counts == std::vector<uint32_t>{5, 2, 2, 2, 9});
    CHECK(truth->annotations[2].area == 6);
    CHECK(truth->annotations[2].mask.counts.empty());
    CHECK(!truth->has_masks);
}

TEST_CASE("coco: masks are polygons, lists of lengths or their text")
{
    const RunLengths expected = {.height = 4, .width = 5, .counts = {5, 2, 2, 2, 9}};
    CHECK(mask_of("[[1, 1, 3, 1, 3, 3, 1, 3]]") == expected);
    CHECK(mask_of("[[1, 1, 2, 1, 2, 3, 1, 3], [2, 1, 3, 1, 3, 3, 2, 3]]") == expected);
    CHECK(mask_of(R"({"size": [4, 5], "counts": [5, 2, 2, 2, 9]})") == expected);
    CHECK(mask_of(R"({"size": [4, 5], "counts": ")" + to_coco_string(expected) + "\"}") == expected);
}

TEST_CASE("coco: annotations that contradict the file are refused by their entry")
{
    CHECK(refusal_of_annotation("5") == "t.json: annotations[0]: expected an object, got 5");
    CHECK(refusal_of_annotation("{}") == "t.json: annotations[0].id: expected an integer, got nothing");
    CHECK(refusal_of_annotation(R"({"id": 1.5})") == "t.json: annotations[0].id: expected an integer, got 1.5");
    CHECK(refusal_of_annotation(R"({"id": 18446744073709551615})") ==
          "t.json: annotations[0].id: expected an integer, got 18446744073709551615");
    CHECK(refusal_of_annotation(R"({"id": 1, "image_id": 8})") ==
          "t.json: annotations[0].image_id: no image has the id 8");
    CHECK(refusal_of_annotation(R"({"id": 1, "image_id": 7, "category_id": 4})") ==
          "t.json: annotations[0].category_id: no category has the id 4");
    CHECK(refusal_of_annotation(R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3]})") ==
          "t.json: annotations[0].bbox: expected [x, y, width, height] within ±1,000,000,000, got [1,2,3]");
    CHECK(refusal_of_annotation(R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 1e300]})")
              .starts_with("t.json: annotations[0].bbox: expected"));
    CHECK(refusal_of_annotation(annotation_with("\"iscrowd\": 2")) ==
          "t.json: annotations[0].iscrowd: expected an integer of 0 to 1, got 2");
    CHECK(refusal_of_annotation(annotation_with("\"area\": \"5\"")) ==
          "t.json: annotations[0].area: expected a number, got \"5\"");
    CHECK(refusal_of_annotation(annotation_with("") + "," + annotation_with("")) ==
          "t.json: annotations[1].id: another annotation has the id 1");
}

TEST_CASE("coco: masks that do not fit are refused by their entry")
{
    const auto refusal = [](const std::string& segmentation)
    { return refusal_of_annotation(annotation_with("\"segmentation\": " + segmentation)); };
    const std::string where = "t.json: annotations[0].segmentation: ";
    CHECK(refusal("5") == where + "expected {\"size\": [height, width], \"counts\": ...}, got 5");
    CHECK(refusal("[5]") == where + "expected each polygon as a list of numbers, got 5");
    CHECK(refusal("[[1, 2, \"3\"]]") == where + "expected each polygon as a list of numbers, got [1,2,\"3\"]");
    CHECK(refusal("[[1, 2, 3]]") == where + "polygon: expected an even number of coordinates, 6 or more, got 3");
    CHECK(refusal(R"({"size": [4, 5], "counts": 5})") ==
          where + "expected the counts as a list of run lengths or as their compressed text, got 5");
    CHECK(refusal(R"({"size": [4], "counts": [20]})") == where + "expected the size as [height, width], got [4]");
    CHECK(refusal(R"({"size": [5, 4], "counts": [20]})") == where + "expected the size of the image, 4x5, got 5x4");
    CHECK(refusal(R"({"size": [4, 5], "counts": [19]})") ==
          where + "mask: expected run lengths for 4x5 pixels, got lengths that add up to 19");
    CHECK(refusal(R"({"size": [4, 5], "counts": [-1, 21]})") ==
          where + "expected a run length of 0 to 2147483647, got -1");
    CHECK(refusal(R"({"size": [4, 5], "counts": "T"})") ==
          where + "mask: the text of the run lengths ends within a number");
    CHECK(refusal(R"({"size": [1e9, 5], "counts": []})") ==
          where + "expected the size as [height, width], got [1000000000.0,5]");
}

TEST_CASE("coco: files that are no annotations are refused")
{
    CHECK(refusal_of_truth("{") == "t.json: not valid JSON");
    CHECK(refusal_of_truth("[]") == "t.json: expected an object with images, categories and annotations, got []");
    CHECK(refusal_of_truth("{}") == "t.json: expected a list 'images', got nothing");
    CHECK(refusal_of_truth(R"({"images": 5})") == "t.json: expected a list 'images', got 5");
    CHECK(refusal_of_truth(R"({"images": [], "images": []})") == "t.json: key 'images' appears twice");
    CHECK(refusal_of_truth(R"({"images": [)" + image + "," + image + "]}") ==
          "t.json: images[1].id: another image has the id 7");
    CHECK(refusal_of_truth(R"({"images": [{"id": 1, "height": 0, "width": 5}]})") ==
          "t.json: images[0].height: expected an integer of 1 to 2147483647, got 0");
    CHECK(refusal_of_truth(R"({"images": [], "categories": [{"id": 1}, {"id": 1}]})") ==
          "t.json: categories[1].id: another category has the id 1");
    CHECK(refusal_of_truth(std::string(20, '[')).starts_with("t.json: lists and objects are nested more than 16 deep"));
    CHECK(read_coco_annotations("nosuch.json").status().message().find("nosuch.json") != std::string::npos);
}

TEST_CASE("coco: results have boxes, masks or both")
{
    const Result<CocoResults> both = parse_coco_results(
        R"([{"image_id": 7, "category_id": 3, "score": 0.25, "bbox": [1, 2, 3.5, 4],
             "segmentation": {"size": [4, 5], "counts": [5, 2, 13]}}])",
        "r.json");
    REQUIRE_MESSAGE(both.is_ok(), both.status().message());
    CHECK(both->has_boxes);
    CHECK(both->has_masks);
    REQUIRE(both->detections.size() == 1);
    CHECK(both->detections[0].image_id == 7);
    CHECK(both->detections[0].category_id == 3);
    CHECK(both->detections[0].score == 0.25);
    CHECK(both->detections[0].box == std::array<double, 4>{1, 2, 3.5, 4});
    CHECK(both->detections[0].mask.counts == std::vector<uint32_t>{5, 2, 13});
    const Result<CocoResults> masks = parse_coco_results(
        R"([{"image_id": 7, "category_id": 3, "score": 1, "segmentation": {"size": [4, 5], "counts": [5, 2, 13]}}])",
        "r.json");
    REQUIRE(masks.is_ok());
    CHECK(!masks->has_boxes);
    CHECK(masks->detections[0].box == std::array<double, 4>{1, 1, 1, 2});
    const Result<CocoResults> none = parse_coco_results("[]", "r.json");
    REQUIRE(none.is_ok());
    CHECK(none->detections.empty());
}

TEST_CASE("coco: results that do not fit are refused by their entry")
{
    CHECK(refusal_of_results("{}") == "r.json: expected a list of detections, got {}");
    CHECK(refusal_of_results("[7]") == "r.json: results[0]: expected an object, got 7");
    const std::string ids = R"("image_id": 7, "category_id": 3, "score": 1)";
    CHECK(refusal_of_results("[{" + ids + "}]") == "r.json: results[0]: expected a bbox or a segmentation");
    const std::string box = "{" + ids + R"(, "bbox": [1, 1, 2, 2]})";
    const std::string mask = "{" + ids + R"(, "segmentation": {"size": [4, 5], "counts": [20]}})";
    CHECK(refusal_of_results("[" + box + "," + mask + "]") ==
          "r.json: results[1].bbox: expected a box as in the first entry, got nothing");
    CHECK(refusal_of_results("[" + mask + "," + box + "]") ==
          "r.json: results[1].bbox: expected no box, as in the first entry");
    CHECK(refusal_of_results("[{" + ids + R"(, "segmentation": [[1, 1, 2, 2, 3, 3]]}])")
              .starts_with("r.json: results[0].segmentation: expected {\"size\": [height, width], \"counts\": ...}"));
    CHECK(refusal_of_results(R"([{"image_id": 7, "category_id": 3, "score": null, "bbox": [1, 1, 2, 2]}])") ==
          "r.json: results[0].score: expected a number, got nothing");
}

TEST_CASE("coco: instances are written as results that read the same")
{
    const RunLengths mask = *from_coco_counts(std::vector<uint32_t>{5, 2, 2, 2, 9}, 4, 5);
    const std::vector<Instance> instances = {{.label = 3, .score = 0.9f, .box = {1, 1.5f, 3, 3}, .mask = mask},
                                             {.label = 1, .score = 0.5f, .box = {0, 0, 5, 4}, .mask = mask}};
    const std::string text = to_coco_results(instances, 42);
    const Result<CocoResults> results = parse_coco_results(text, "r.json");
    REQUIRE_MESSAGE(results.is_ok(), results.status().message());
    REQUIRE(results->detections.size() == 2);
    const CocoDetection& first = results->detections[0];
    CHECK(first.image_id == 42);
    CHECK(first.category_id == 3);
    CHECK(first.score == double(0.9f));
    CHECK(first.box == std::array<double, 4>{1, 1.5, 2, 1.5});
    CHECK(first.mask == mask);
    CHECK(to_coco_results(results->detections) == text);

    const std::vector<Instance> boxes = {{.label = 3, .score = 0.5f, .box = {1, 1, 3, 3}, .mask = {}}};
    CHECK(to_coco_results(boxes, 42) ==
          "[\n{\"image_id\":42,\"category_id\":3,\"bbox\":[1.0,1.0,2.0,2.0],\"score\":0.5}\n]\n");
    CHECK(parse_coco_results(to_coco_results({}, 42), "r.json")->detections.empty());
}

TEST_CASE("coco: the backslash in a text of run lengths is escaped")
{
    const RunLengths mask = *from_coco_counts(std::vector<uint32_t>{12 + 32, 56}, 10, 10);
    REQUIRE(to_coco_string(mask).find('\\') != std::string::npos);
    const std::vector<Instance> instances = {{.mask = mask}};
    CHECK(parse_coco_results(to_coco_results(instances, 1), "r.json")->detections[0].mask == mask);
}

TEST_CASE("coco: a short file cannot ask for the memory of its pixels")
{
    std::string text = R"({"images": [{"id": 1, "height": 20, "width": 100000000}], "categories": [{"id": 1}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1],
                         "segmentation": {"size": [20, 100000000], "counts": [1, 1999999999]}}]})";
    const Result<CocoAnnotations> truth = parse_coco_annotations(text, "t.json");
    REQUIRE_MESSAGE(truth.is_ok(), truth.status().message());
    CHECK(truth->annotations[0].area == 1999999999);
    const size_t begin = text.find("{\"size\"");
    text.replace(begin, text.rfind("}]}") - begin, "[[0, 0, 100000000, 0, 100000000, 20, 0, 20]]");
    CHECK(refusal_of_truth(text) ==
          "t.json: annotations[0].segmentation: polygon: the edges cross too many columns of pixels");
}

} // namespace vkseg::coco_test
