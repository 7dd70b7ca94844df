#pragma once

#include "formats/onnx/operators.hpp"

namespace vkseg::test {

/// What docs/operators.md says of all ONNX operators that `read` translates.
struct Note
{
    void (*read)(onnx::NodeReader& node);
    const char* op; ///< the alternative of Op that a node becomes
    const char* takes;
    const char* limits;
};

std::span<const Note> notes();

extern const char* const introduction;

} // namespace vkseg::test
