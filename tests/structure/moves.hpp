#pragma once

#include "source_tree.hpp"

namespace vkseg::structure {

/// An expression that moves from an object and reads it elsewhere in the same full expression.
struct MovedAndRead
{
    std::string object; ///< as std::move() names it: "values", "data.owner"
    size_t line = 0;
};

/// Finds objects that one expression both moves and reads without an order between the two: as different arguments of a
/// call, as a later element of a braced list or of a list of member initialisers, or after the move in the statement.
/// Comments and strings are ignored. clang-tidy's bugprone-use-after-move does not see members and member initialisers.
std::vector<MovedAndRead> find_moved_and_read(const SourceFile& file);

} // namespace vkseg::structure
