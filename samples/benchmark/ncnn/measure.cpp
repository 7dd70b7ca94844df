#include "measure.hpp"

#include <command.h>
#include <datareader.h>
#include <gpu.h>
#include <net.h>

#include <fmt/format.h>

#include <time.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <random>

namespace comparison {
namespace {

constexpr int min_runs = 3;

class Stopwatch
{
public:
    double ms() const
    {
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Processor time of all threads, including those of a software device.
double process_cpu_seconds()
{
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

double peak_resident_mb()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
    {
        if (line.rfind("VmHWM:", 0) == 0)
            return std::stod(line.substr(6)) / 1024;
    }
    return 0;
}

/// Uniform over [-1, -1/4] and [1/4, 1]: no value is near zero, where a kernel or a processor may take a short cut.
std::vector<float> random_values(size_t count, uint32_t seed)
{
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> magnitude(0.25f, 1.0f);
    std::vector<float> values(count);
    for (float& value : values)
        value = magnitude(generator) * (generator() % 2 == 0 ? 1.0f : -1.0f);
    return values;
}

/// Supplies random weights to ncnn like a file of raw floats, about as fast as a cached file.
class RandomWeights : public ncnn::DataReader
{
public:
    explicit RandomWeights(std::vector<WeightArray> arrays) : arrays_(std::move(arrays)) {}

    size_t read(void* buffer, size_t size) const override
    {
        if (next_ >= arrays_.size())
            return 0;
        const WeightArray& array = arrays_[next_];
        if (array.has_tag && !is_tag_read_)
        {
            is_tag_read_ = true;
            std::memset(buffer, 0, size); // tag of raw floats
            return size;
        }
        if (size != array.count * sizeof(float))
            return 0;
        float* values = static_cast<float*>(buffer);
        for (size_t i = 0; i < array.count; ++i)
        {
            values[i] = array.amplitude * block_[position_];
            position_ = position_ + 1 < block_.size() ? position_ + 1 : 0;
        }
        ++next_;
        is_tag_read_ = false;
        return size;
    }

private:
    std::vector<WeightArray> arrays_;
    std::vector<float> block_ = random_values(1'000'003, 1); ///< a prime count, so that no two kernels are the same
    mutable size_t position_ = 0;
    mutable size_t next_ = 0;
    mutable bool is_tag_read_ = false;
};

void require(int result, const char* what)
{
    if (result != 0)
        throw Failure(failed, fmt::format("{}: expected 0, got {}", what, result));
}

void set_options(ncnn::Net& net, const Options& options)
{
    net.opt.num_threads = options.threads;
    net.opt.use_vulkan_compute = options.uses_vulkan();
    if (options.uses_vulkan())
        net.set_vulkan_device(options.device);
    if (options.is_f16)
        return;
    net.opt.use_fp16_packed = false;
    net.opt.use_fp16_storage = false;
    net.opt.use_fp16_arithmetic = false;
    net.opt.use_fp16_uniform = false;
    net.opt.use_bf16_packed = false;
    net.opt.use_bf16_storage = false;
}

ncnn::Mat run_on_host(const ncnn::Net& net, const Network& network, const ncnn::Mat& input)
{
    ncnn::Extractor extractor = net.create_extractor();
    require(extractor.input(network.input_name().c_str(), input), "input");
    ncnn::Mat output;
    require(extractor.extract(network.output_name().c_str(), output), "extract");
    return output;
}

/// Borrows the device's own memory pools, like every run from the host.
class BorrowedAllocators
{
public:
    explicit BorrowedAllocators(const ncnn::VulkanDevice& device)
        : device_(device), blobs_(device.acquire_blob_allocator()), staging_(device.acquire_staging_allocator())
    {}
    ~BorrowedAllocators()
    {
        device_.reclaim_blob_allocator(blobs_);
        device_.reclaim_staging_allocator(staging_);
    }
    BorrowedAllocators(const BorrowedAllocators&) = delete;
    BorrowedAllocators& operator=(const BorrowedAllocators&) = delete;
    ncnn::VkAllocator* blobs() const { return blobs_; }
    ncnn::VkAllocator* staging() const { return staging_; }

private:
    const ncnn::VulkanDevice& device_;
    ncnn::VkAllocator* blobs_;
    ncnn::VkAllocator* staging_;
};

/// An input on the device, in the layout that ncnn's first layer takes.
class ResidentInput
{
public:
    ResidentInput(const ncnn::Net& net, const ncnn::Mat& input) : allocator_(net.vulkan_device())
    {
        const BorrowedAllocators borrowed(*net.vulkan_device());
        ncnn::Option options = net.opt;
        options.blob_vkallocator = &allocator_;
        options.workspace_vkallocator = &allocator_;
        options.staging_vkallocator = borrowed.staging();
        ncnn::VkCompute commands(net.vulkan_device());
        commands.record_upload(input, value_, options);
        require(commands.submit_and_wait(), "upload");
    }
    const ncnn::VkMat& value() const { return value_; }

private:
    ncnn::VkBlobAllocator allocator_;
    ncnn::VkMat value_;
};

/// Runs the network and leaves the output on the device.
void run_resident(const ncnn::Net& net, const Network& network, const ResidentInput& input)
{
    const BorrowedAllocators borrowed(*net.vulkan_device());
    ncnn::Extractor extractor = net.create_extractor();
    extractor.set_blob_vkallocator(borrowed.blobs());
    extractor.set_workspace_vkallocator(borrowed.blobs());
    extractor.set_staging_vkallocator(borrowed.staging());
    ncnn::VkCompute commands(net.vulkan_device());
    ncnn::VkMat output;
    require(extractor.input(network.input_name().c_str(), input.value()), "input");
    require(extractor.extract(network.output_name().c_str(), output, commands), "extract");
    require(commands.submit_and_wait(), "run");
}

/// Root mean square of an output, on which two devices or precisions should roughly agree. Fails unless the output is
/// finite and has this shape.
double checked_rms(const ncnn::Mat& output, const Extent& extent)
{
    if (output.c != extent.channels || output.h != extent.height || output.w != extent.width)
        throw Failure(failed, fmt::format("output: expected {}x{}x{}, got {}x{}x{}", extent.channels, extent.height,
                                          extent.width, output.c, output.h, output.w));
    double sum = 0;
    for (int c = 0; c < output.c; ++c)
    {
        const float* plane = output.channel(c);
        for (int i = 0; i < output.h * output.w; ++i)
            sum += double(plane[i]) * double(plane[i]);
    }
    if (!std::isfinite(sum))
        throw Failure(failed, fmt::format("output: expected finite values, got a sum of squares of {}", sum));
    return std::sqrt(sum / (double(extent.channels) * extent.height * extent.width));
}

double median_of(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Times of one way of running a network.
class Series
{
public:
    explicit Series(std::function<void()> run) : run_(std::move(run)) {}

    void measure()
    {
        const double cpu_before = process_cpu_seconds();
        const Stopwatch stopwatch;
        run_();
        ms_.push_back(stopwatch.ms());
        cpu_seconds_.push_back(process_cpu_seconds() - cpu_before);
    }

    Json as_json() const
    {
        const auto [min, max] = std::minmax_element(ms_.begin(), ms_.end());
        return {{"min_ms", *min},
                {"median_ms", median_of(ms_)},
                {"max_ms", *max},
                {"cpu_seconds", median_of(cpu_seconds_)}};
    }

private:
    std::function<void()> run_;
    std::vector<double> ms_;
    std::vector<double> cpu_seconds_;
};

std::string device_name(const Options& options)
{
    if (!options.uses_vulkan())
        return fmt::format("CPU, {} threads", options.threads);
    const int count = ncnn::create_gpu_instance() == 0 ? ncnn::get_gpu_count() : 0;
    if (options.device >= count)
        throw Failure(no_usable_device,
                      fmt::format("--device: expected an index below {}, got {}", count, options.device));
    return ncnn::get_gpu_info(options.device).device_name();
}

} // namespace

Json measure(const Row& row, const Options& options)
{
    const Network& network = row.network;
    Json result = {{"name", row.name},
                   {"parameters", network.parameters()},
                   {"gflop", 2e-9 * double(network.multiply_adds())},
                   {"device", device_name(options)}};
    ncnn::Net net;
    set_options(net, options);
    const RandomWeights weights(network.weights());
    const std::string text = network.text(options.has_shape_hints);

    const Stopwatch load;
    require(net.load_param_mem(text.c_str()), "load_param_mem");
    require(net.load_model(weights), "load_model");
    result["load_ms"] = load.ms();

    const Extent& extent = network.input_extent();
    const std::vector<float> values = random_values(size_t(extent.channels) * extent.height * extent.width, 2);
    ncnn::Mat input(extent.width, extent.height, extent.channels);
    for (int c = 0; c < extent.channels; ++c)
    {
        const size_t plane = size_t(extent.height) * extent.width;
        std::memcpy(input.channel(c), values.data() + size_t(c) * plane, plane * sizeof(float));
    }

    const Stopwatch first;
    const ncnn::Mat output = run_on_host(net, network, input);
    result["first_run_ms"] = first.ms();
    result["output_rms"] = checked_rms(output, network.output_extent());

    std::optional<ResidentInput> resident_input;
    Series host([&] { run_on_host(net, network, input); });
    Series resident([&] { run_resident(net, network, *resident_input); });
    if (options.uses_vulkan())
    {
        resident_input.emplace(net, input);
        run_resident(net, network, *resident_input);
    }
    // Alternate the two ways, so that other programs slow both equally.
    const Stopwatch total;
    int runs = 0;
    while (runs < options.runs && (runs < min_runs || total.ms() < options.max_seconds * 1000))
    {
        host.measure();
        if (options.uses_vulkan())
            resident.measure();
        ++runs;
    }
    result["runs"] = runs;
    result["host_to_host"] = host.as_json();
    if (options.uses_vulkan())
        result["device_resident"] = resident.as_json();
    result["peak_resident_mb"] = peak_resident_mb();
    return result;
}

} // namespace comparison
