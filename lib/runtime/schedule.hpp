#pragma once

#include "ops/operators.hpp"
#include "runtime/states.hpp"
#include "runtime/tuned_choices.hpp"
#include "vkseg/session.hpp"

/// Memory and layout of each tensor, and the order of the steps. Plain data: no device is needed.
namespace vkseg {

/// One tensor in one layout and storage. A value has a slot for each combination in use.
struct Slot
{
    enum class Place : uint8_t
    {
        activation, ///< in an arena, while it is needed
        constant,   ///< uploaded once
        input,      ///< u8 pictures, in the buffer that the host wrote
    };

    ValueId value = no_value;
    Shape shape;
    DType type = DType::f32;
    Storage storage = Storage::f32;
    Layout layout = Layout::linear;
    Place place = Place::activation;
    /// The slot whose memory contains this one (a slice, a reshape, a part of a concatenation); itself if the slot owns
    /// its memory.
    uint32_t parent = 0;
    int first_block = 0; ///< number of channel blocks in the parent before this slot

    // Set after all parents are known:
    uint32_t root = 0;
    View view = {};
    size_t bytes = 0;    ///< for a root: size of its memory
    int first_step = -1; ///< for a root: first step that uses its memory
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
    uint32_t node = 0; ///< index into the graph's nodes; for input and output steps, into the graph's inputs or outputs
    Storage real = Storage::f32;   ///< for a node: storage of its floats
    std::vector<uint32_t> inputs;  ///< slots; no_slot for parameters, missing inputs, and parts already in place
    std::vector<uint32_t> outputs; ///< slots; no_slot for unused outputs
    uint32_t count = no_slot;      ///< slot of the number of batch entries that are valid, if only these are computed
};

struct Schedule
{
    std::vector<Slot> slots;
    std::vector<Step> steps;
    std::vector<StateEnds> states;
    std::vector<std::string> warnings; ///< constants that f16 cannot hold
};

inline Storage storage_of(Precision precision)
{
    return precision == Precision::f16 ? Storage::f16 : Storage::f32;
}

struct ScheduleOptions
{
    Storage real = Storage::f32;
    bool prefer_linear_layout = false;
    /// Lets slices and concatenations of channels alias the whole tensor if channel blocks line up.
    bool share_memory = true;
    bool allow_winograd = true;
    bool keep_invalid_entries = false;   ///< gives the host whole outputs, though only their first entries may be valid
    std::vector<StateEnds> states = {};  ///< ends in the graph
    const TunedChoices* tuned = nullptr; ///< null: operators choose by rules
};

/// For a graph as specialize() returns it.
Schedule make_schedule(const Graph& graph, const ScheduleOptions& options);

/// Lets inputs of channel concatenations be computed in place, in the result's memory, if blocks line up (sharing.cpp).
void concatenate_in_place(const Graph& graph, Schedule& schedule);

/// Finds roots, views and lifetimes after all parents are set (sharing.cpp).
void resolve_memory(Schedule& schedule);

Operand operand_of(const Schedule& schedule, uint32_t slot);

} // namespace vkseg
