#include "reference/evaluate.hpp"
namespace vkseg::reference {
bool is_foldable(const Op& op) { return op.index() >= 9 && op.index() <= 21; }
Result<Tensors> fold(const Op& op, const Arguments& arguments) { return std::visit([&](const auto& o) { return evaluate(o, arguments); }, op); }
}
