#pragma once

#include <span>

namespace vkseg::test {

/// What docs/operators.md says of an ONNX operator and all others that are read by the same function.
struct Note
{
    const char* op_type;
    const char* op; ///< the alternative of Op that a node becomes
    const char* takes;
    const char* limits;
    const char* domain = "";
};

std::span<const Note> notes();

extern const char* const introduction;

} // namespace vkseg::test
