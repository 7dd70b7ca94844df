#include "c/handles.hpp"

#include "base/checked_arithmetic.hpp"

struct vkseg_session
{
    vkseg::Session session;
};

struct vkseg_results
{
    std::vector<vkseg::NamedTensor> outputs;
};

namespace vkseg::c {
namespace {

static_assert(int(DType::f32) == VKSEG_TYPE_F32 && int(DType::f16) == VKSEG_TYPE_F16 &&
              int(DType::bf16) == VKSEG_TYPE_BF16 && int(DType::f64) == VKSEG_TYPE_F64 &&
              int(DType::u8) == VKSEG_TYPE_U8 && int(DType::i8) == VKSEG_TYPE_I8 && int(DType::i32) == VKSEG_TYPE_I32 &&
              int(DType::i64) == VKSEG_TYPE_I64 && int(DType::boolean) == VKSEG_TYPE_BOOL);

Status wrong_tensor(const vkseg_tensor& tensor, const std::string& what)
{
    return Status(StatusCode::invalid_argument, std::string("input '") + tensor.name + "': " + what);
}

/// A tensor that reads the caller's memory.
Result<NamedTensor> tensor_of(const vkseg_tensor& given)
{
    if (given.name == nullptr)
        return Status(StatusCode::invalid_argument, "an input has no name");
    if (given.type < VKSEG_TYPE_F32 || given.type > VKSEG_TYPE_BOOL)
        return wrong_tensor(given, "there is no type " + std::to_string(given.type));
    if (given.rank < 0 || given.rank > int32_t(Shape::max_rank))
        return wrong_tensor(given, "expected at most " + std::to_string(Shape::max_rank) + " axes, got " +
                                       std::to_string(given.rank));
    const Shape shape(std::span(given.extents, size_t(given.rank)));
    const auto type = DType(given.type);
    int64_t bytes = int64_t(size_bytes(type));
    for (const int64_t extent : shape)
    {
        if (extent < 0 || multiply_overflows(bytes, extent, bytes))
            return wrong_tensor(given,
                                "expected extents of 0 or more whose product fits 64 bits, got " + to_string(shape));
    }
    if (uint64_t(bytes) != given.size || (given.data == nullptr && bytes > 0))
        return wrong_tensor(given, "expected " + std::to_string(bytes) + " bytes for " + name(type) + " " +
                                       to_string(shape) + ", got " +
                                       std::to_string(given.data == nullptr ? 0 : given.size));
    const std::span data(static_cast<const std::byte*>(given.data), given.size);
    return NamedTensor{.name = given.name, .tensor = Tensor(type, shape, data, nullptr)};
}

} // namespace
} // namespace vkseg::c

using namespace vkseg;

vkseg_status vkseg_session_create(const vkseg_device* device, const vkseg_model* model,
                                  const vkseg_session_options* options, vkseg_session** session)
{
    if (device == nullptr || model == nullptr || session == nullptr)
        return c::invalid_argument("vkseg_session_create: device, model or session is NULL");
    const Result<SessionOptions> wanted = c::session_options(options);
    if (!wanted.is_ok())
        return c::failure(wanted.status());
    Result<Session> created = Session::create(device->device, model->graph, *wanted);
    if (!created.is_ok())
        return c::failure(created.status());
    *session = new vkseg_session{*std::move(created)};
    return VKSEG_OK;
}

void vkseg_session_free(vkseg_session* session)
{
    delete session;
}

size_t vkseg_session_input_count(const vkseg_session* session)
{
    return session == nullptr ? 0 : session->session.graph().inputs.size();
}

const char* vkseg_session_input_name(const vkseg_session* session, size_t index)
{
    if (index >= vkseg_session_input_count(session))
        return nullptr;
    const Graph& graph = session->session.graph();
    return graph.values[graph.inputs[index]].name.c_str();
}

vkseg_status vkseg_session_run(vkseg_session* session, const vkseg_tensor* inputs, size_t input_count,
                               vkseg_results** results)
{
    if (session == nullptr || (inputs == nullptr && input_count > 0) || results == nullptr)
        return c::invalid_argument("vkseg_session_run: session, inputs or results is NULL");
    std::vector<NamedTensor> tensors;
    const auto* at = reinterpret_cast<const char*>(inputs);
    for (size_t i = 0; i < input_count; ++i)
    {
        const auto* given = reinterpret_cast<const vkseg_tensor*>(at);
        vkseg_tensor known;
        if (const Status status = c::read(given, known); !status.is_ok())
            return c::failure(status.with_context("input " + std::to_string(i)));
        Result<NamedTensor> tensor = c::tensor_of(known);
        if (!tensor.is_ok())
            return c::failure(tensor.status());
        tensors.push_back(*std::move(tensor));
        at += given->struct_size; // the size that the caller's structs have
    }
    Result<RunResult> run = session->session.run(tensors);
    if (!run.is_ok())
        return c::failure(run.status());
    *results = new vkseg_results{std::move(run->outputs)};
    return VKSEG_OK;
}

size_t vkseg_results_count(const vkseg_results* results)
{
    return results == nullptr ? 0 : results->outputs.size();
}

vkseg_status vkseg_results_get(const vkseg_results* results, size_t index, vkseg_tensor* tensor)
{
    if (index >= vkseg_results_count(results))
        return c::invalid_argument("vkseg_results_get: there is no output " + std::to_string(index));
    const NamedTensor& output = results->outputs[index];
    vkseg_tensor value = {};
    value.name = output.name.c_str();
    value.type = int32_t(output.tensor.type());
    value.rank = int32_t(output.tensor.shape().rank());
    std::ranges::copy(output.tensor.shape(), value.extents);
    value.data = output.tensor.bytes().data();
    value.size = output.tensor.bytes().size();
    return c::give(value, tensor);
}

void vkseg_results_free(vkseg_results* results)
{
    delete results;
}
