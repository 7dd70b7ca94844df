// consumer MODEL.onnx: a graph of its own, the code that README shows, and a segmentation by a model with its
// description.
#include <vkseg/model.hpp>
#include <vkseg/segment.hpp>
#include <vkseg/session.hpp>

#include <cstdio>

static int fail(const char* what, const vkseg::Status& status)
{
    std::fprintf(stderr, "%s: %s\n", what, status.message().c_str());
    return 1;
}

static vkseg::Status run_readme(const std::vector<vkseg::NamedTensor>& inputs)
{
#include "readme.inc"
    return result.status();
}

static vkseg::Status run_relu(const vkseg::Device& device)
{
    vkseg::Graph graph;
    graph.name = "consumer";
    const vkseg::ValueId x = graph.add_input("x", vkseg::DType::f32, {1, 5, 3, 3});
    graph.outputs = {graph.add_node("y", vkseg::Unary{.kind = vkseg::UnaryKind::relu}, {x})};
    vkseg::Result<vkseg::Session> session = vkseg::Session::create(device, graph);
    if (!session.is_ok())
        return session.status();
    const vkseg::NamedTensor input = {"x", vkseg::Tensor::from({1, 5, 3, 3}, std::vector<float>(45, -1.5f))};
    vkseg::Result<vkseg::RunResult> result = session->run({&input, 1});
    if (!result.is_ok())
        return result.status();
    for (const float value : result->outputs[0].tensor.floats())
    {
        if (value != 0)
            return {vkseg::StatusCode::device_lost, "a value is not 0"};
    }
    return {};
}

static vkseg::Status segment(const vkseg::Device& device, const char* model)
{
    vkseg::Result<vkseg::Segmenter> segmenter = vkseg::Segmenter::load(device, model);
    if (!segmenter.is_ok())
        return segmenter.status();
    const std::vector<uint8_t> grey(40 * 30 * 3, 128);
    const vkseg::Result<vkseg::Segmentation> result =
        segmenter->segment({.pixels = grey.data(), .width = 40, .height = 30});
    if (!result.is_ok())
        return result.status();
    return result->labels.size() == 40 * 30 ? vkseg::Status()
                                            : vkseg::Status(vkseg::StatusCode::device_lost, "labels are missing");
}

int main(int argc, char** argv)
{
    if (argc != 2)
        return 2;
    vkseg::Result<vkseg::Device> device = vkseg::Device::create();
    if (!device.is_ok())
        return fail("device", device.status());
    if (const vkseg::Status status = run_relu(*device); !status.is_ok())
        return fail("a graph of its own", status);
    if (const vkseg::Status status = segment(*device, argv[1]); !status.is_ok())
        return fail("segmentation", status);

    const vkseg::Result<vkseg::Graph> graph = vkseg::load_model(argv[1]);
    if (!graph.is_ok())
        return fail("load_model", graph.status());
    std::vector<vkseg::NamedTensor> inputs;
    for (const vkseg::ValueId id : graph->inputs)
    {
        const vkseg::Value& value = graph->values[id];
        inputs.push_back(
            {value.name, vkseg::Tensor::from(value.shape, std::vector<float>(size_t(value.shape.elements())))});
    }
    if (const vkseg::Status status = run_readme(inputs); !status.is_ok())
        return fail("the code of README", status);
    std::printf("all done on %s\n", device->description().name.c_str());
    return 0;
}
