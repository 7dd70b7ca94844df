#include <vkseg/session.hpp>

#include <cstdio>

int main()
{
    vkseg::Graph graph;
    graph.name = "consumer";
    const vkseg::ValueId x = graph.add_input("x", vkseg::DType::f32, {1, 5, 3, 3});
    graph.outputs = {graph.add_node("y", vkseg::Unary{.kind = vkseg::UnaryKind::relu}, {x})};

    vkseg::Result<vkseg::Device> device = vkseg::Device::create();
    if (!device.is_ok())
    {
        std::fprintf(stderr, "%s\n", device.status().message().c_str());
        return 3;
    }
    vkseg::Result<vkseg::Session> session = vkseg::Session::create(*device, graph);
    if (!session.is_ok())
        return 1;
    const vkseg::NamedTensor input = {"x", vkseg::Tensor::from({1, 5, 3, 3}, std::vector<float>(45, -1.5f))};
    vkseg::Result<vkseg::RunResult> result = session->run({&input, 1});
    if (!result.is_ok())
        return 1;
    for (const float value : result->outputs[0].tensor.floats())
    {
        if (value != 0)
            return 1;
    }
    std::printf("relu on %s\n", device->description().name.c_str());
    return 0;
}
