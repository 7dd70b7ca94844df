#pragma once

#include "ops/operators.hpp"
#include "runtime/tuned_choices.hpp"
#include "vkseg/session.hpp"

/// Which tensors lie where in what layout, and what happens in which order. Values only: no device is needed.
namespace vkseg {

/// One tensor in one layout and storage. A value has a slot for each that is wanted.
struct Slot
{
    enum class Place : uint8_t
    {
        activation, ///< in an arena, while it is needed
        constant,   ///< uploaded once
        input,      ///< u8 pictures: where the host put them
    };

    ValueId value = no_value;
    Shape shape;
    DType type = DType::f32;
    Storage storage = Storage::f32;
    Layout layout = Layout::linear;
    Place place = Place::activation;
    /// The slot in whose memory this one lies (a slice, a reshape, a part of a concatenation); itself if it has its
    /// own.
    uint32_t parent = 0;
    int first_block = 0; ///< channel blocks of the parent in front of this one

    // Found when all parents are known:
    uint32_t root = 0;
    View view = {};
    size_t bytes = 0;    ///< of a root
    int first_step = -1; ///< of a root: the steps between which its memory is in use
    int last_step = -1;
};

constexpr uint32_t no_slot = ~uint32_t(0);

struct Step
{
    enum class Kind : uint8_t
    {
        node,
        conversion, ///< the same value in another layout or storage
        input,      ///< from the host's words into a slot
        output,     ///< from a slot into the host's words
    };

    Kind kind = Kind::node;
    uint32_t node = 0; ///< index into the graph's nodes; of input and output: into the graph's inputs, outputs
    Storage real = Storage::f32; ///< of a node: how it stores floats
    std::vector<uint32_t>
        inputs; ///< slots; no_slot for parameters, missing inputs, and parts that are in place already
    std::vector<uint32_t> outputs; ///< slots; no_slot for outputs that nobody wants
};

struct Schedule
{
    std::vector<Slot> slots;
    std::vector<Step> steps;
    std::vector<std::string> warnings; ///< constants that halves do not hold
};

inline Storage storage_of(Precision precision)
{
    return precision == Precision::f16 ? Storage::f16 : Storage::f32;
}

struct ScheduleOptions
{
    Storage real = Storage::f32;
    bool prefer_linear_layout = false;
    /// Slices and concatenations of channels share memory with the whole where blocks line up.
    bool share_memory = true;
    bool allow_winograd = true;
    const TunedChoices* tuned = nullptr; ///< null: operators go by their rules
};

/// For a graph as specialize() returns it.
Schedule make_schedule(const Graph& graph, const ScheduleOptions& options);

/// Lets the inputs of concatenations of channels be computed where these want them, if blocks line up (sharing.cpp).
void concatenate_in_place(const Graph& graph, Schedule& schedule);

/// Finds roots, views and lifetimes, once it is settled what lies in what (sharing.cpp).
void resolve_memory(Schedule& schedule);

Operand operand_of(const Schedule& schedule, uint32_t slot);

} // namespace vkseg
