// Plans a network, for which no device is needed.
#include <vkseg/session.hpp>
#include <vkseg/vkseg.h>

#include <cstdio>

int main()
{
    vkseg::Graph graph;
    const vkseg::ValueId x = graph.add_input("x", vkseg::DType::f32, {1, 5, 3, 3});
    graph.outputs = {graph.add_node("y", vkseg::Unary{.kind = vkseg::UnaryKind::relu}, {x})};
    const vkseg::Result<vkseg::NetworkSummary> summary = vkseg::summarize(graph);
    if (!summary.is_ok())
    {
        std::fprintf(stderr, "%s\n", summary.status().message().c_str());
        return 1;
    }
    std::printf("vkseg %s: %zu steps\n", vkseg_version(), summary->steps);
    return 0;
}
