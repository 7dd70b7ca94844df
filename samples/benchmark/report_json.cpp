#include "report_json.hpp"

#include "cli/common.hpp"

namespace vkseg::benchmark {
namespace {

// Names and fields of a node or row, listed once for reading and writing.
template <class AnyRow, class Visit>
requires std::is_same_v<std::remove_const_t<AnyRow>, NodeRow>
void visit_fields(AnyRow& node, Visit visit)
{
    visit("name", node.name);
    visit("operator", node.op);
    visit("shape", node.shape);
    visit("ms", node.ms);
    visit("share_of_run", node.share_of_run);
    visit("gflop", node.gflop);
    visit("moved_bytes", node.moved_bytes);
}

template <class AnyRow, class Visit>
requires std::is_same_v<std::remove_const_t<AnyRow>, Row>
void visit_fields(AnyRow& row, Visit visit)
{
    visit("name", row.name);
    visit("kind", row.kind);
    visit("precision", row.precision);
    visit("failure", row.failure);
    visit("exit_code", row.exit_code);
    visit("runs", row.runs);
    visit("device_ms", row.device_ms);
    visit("host_ms", row.host_ms);
    visit("process_ms", row.process_ms);
    visit("load_ms", row.load_ms);
    visit("plan_ms", row.plan_ms);
    visit("first_run_ms", row.first_run_ms);
    visit("gflop", row.gflop);
    visit("parameters", row.parameters);
    visit("moved_bytes", row.moved_bytes);
    visit("weights_bytes", row.weights_bytes);
    visit("activations_bytes", row.activations_bytes);
    visit("activations_bound_bytes", row.activations_bound_bytes);
    visit("staging_bytes", row.staging_bytes);
    visit("peak_resident_bytes", row.peak_resident_bytes);
    visit("nodes", row.nodes);
}

template <class T>
Json value_of(const T& field)
{
    return field;
}

Json value_of(const cli::Spread& spread)
{
    return {{"min", spread.min}, {"median", spread.median}, {"max", spread.max}};
}

Json value_of(SubjectKind kind)
{
    return name(kind);
}

Json value_of(Precision precision)
{
    return name(precision);
}

Json value_of(const std::vector<NodeRow>& nodes)
{
    Json list = Json::array();
    for (const NodeRow& node : nodes)
    {
        list.push_back(Json::object());
        visit_fields(node, [&](const char* key, const auto& field) { list.back()[key] = field; });
    }
    return list;
}

template <class T>
void read(const Json& json, T& field)
{
    field = json.get<T>();
}

void read(const Json& json, cli::Spread& spread)
{
    spread = {.min = json.at("min"), .median = json.at("median"), .max = json.at("max")};
}

void read(const Json& json, SubjectKind& kind)
{
    kind = json == "operators" ? SubjectKind::operators : SubjectKind::networks;
}

void read(const Json& json, Precision& precision)
{
    precision = json == "f16" ? Precision::f16 : Precision::f32;
}

void read(const Json& json, std::vector<NodeRow>& nodes)
{
    for (const Json& item : json)
    {
        NodeRow& node = nodes.emplace_back();
        visit_fields(node, [&](const char* key, auto& field) { read(item.at(key), field); });
    }
}

Json with_rates(const Row& row, const DeviceReport& device)
{
    Json json = as_json(row);
    for (size_t i = 0; i < row.nodes.size(); ++i)
    {
        const NodeRow& node = row.nodes[i];
        Json& item = json["nodes"][i];
        item["gflop_per_s"] = gflop_per_s(node);
        item["share_of_peak"] = share_of_peak(node, device);
        item["gb_per_s"] = gb_per_s(node);
        item["share_of_copy"] = share_of_copy(node, device);
        item["nearer_bound"] = is_bound_by_arithmetic(node, device) ? "arithmetic" : "bandwidth";
    }
    json["gflop_per_s"] = gflop_per_s(row, device);
    json["share_of_peak"] = share_of_peak(row, device);
    json["gflop_per_process_s"] = gflop_per_process_s(row, device);
    json["gb_per_s"] = gb_per_s(row, device);
    json["share_of_copy"] = share_of_copy(row, device);
    return json;
}

} // namespace

Json as_json(const Row& row)
{
    Json json = Json::object();
    visit_fields(row, [&](const char* key, const auto& field) { json[key] = value_of(field); });
    return json;
}

Row row_from(const Json& json)
{
    Row row;
    visit_fields(row, [&](const char* key, auto& field) { read(json.at(key), field); });
    return row;
}

Json as_json(const DeviceReport& device)
{
    const Calibration& calibration = device.calibration;
    return {{"name", device.name},
            {"driver", device.driver},
            {"type", device.type},
            {"has_timestamps", device.has_timestamps},
            {"load", device.load},
            {"calibrations", device.readings},
            {"multiply_add_gflop_per_s", calibration.multiply_add_gflop_per_s},
            {"kernel_copy_gb_per_s", calibration.kernel_copy_gb_per_s},
            {"transfer_copy_gb_per_s", calibration.transfer_copy_gb_per_s}};
}

DeviceReport device_from(const Json& json)
{
    return {.name = json.at("name"),
            .driver = json.at("driver"),
            .type = json.at("type"),
            .has_timestamps = json.at("has_timestamps"),
            .load = json.at("load"),
            .calibration = {.multiply_add_gflop_per_s = json.at("multiply_add_gflop_per_s"),
                            .kernel_copy_gb_per_s = json.at("kernel_copy_gb_per_s"),
                            .transfer_copy_gb_per_s = json.at("transfer_copy_gb_per_s")},
            .readings = json.at("calibrations"),
            .rows = {}};
}

void write_report(const std::filesystem::path& path, const std::vector<DeviceReport>& devices)
{
    Json list = Json::array();
    for (const DeviceReport& device : devices)
    {
        Json rows = Json::array();
        for (const Row& row : device.rows)
            rows.push_back(with_rates(row, device));
        list.push_back(as_json(device));
        list.back()["rows"] = std::move(rows);
    }
    const Json json = {{"version", VKSEG_VERSION}, {"devices", std::move(list)}};
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    cli::write_file(path, std::as_bytes(std::span(text)));
}

} // namespace vkseg::benchmark
