#include "moves.hpp"

#include <doctest/doctest.h>

// The order in which a call's arguments are evaluated is open: one that reads what another moves from reads an empty
// object with some compilers.
namespace vkseg::structure::moves_test {
namespace {

size_t count_in(const std::string& line)
{
    return find_moved_and_read({.path = "planted.cpp", .lines = {line}}).size();
}

TEST_CASE("structure: no expression moves from an object that it reads elsewhere")
{
    for (const std::string folder : {"include", "lib", "samples", "tests"})
    {
        for (const SourceFile& file : read_sources(folder, {".cpp", ".hpp"}))
        {
            for (const MovedAndRead& found : find_moved_and_read(file))
                CHECK_MESSAGE(false, file.path, ":", found.line, " moves from '", found.object, "' and reads it");
        }
    }
}

TEST_CASE("structure: an object that is moved and read in one expression is found")
{
    for (const std::string line : {
             "f(v.size(), std::move(v));",
             "f(std::move(v), v.size());",
             "t = Tensor::from(Shape{int64_t(v.size())}, std::move(v));",
             "return g(f(std::move(v)), 1, v);",
             "f(a.b.size(), std::move(a.b));",
             "f(this->size(a_), std::move(a_));",
             "f(v->size(), std::move(*v));",
             "f(s[0].size(), std::move(s[0]));",
             "S s{std::move(v), v.size()};",
             "S s = {.v = std::move(v), .size = v.size()};",
             "U(std::vector<int> v) : a(std::move(v)), n(v.size()) {}",
             "U(std::vector<int> v) : a{std::move(v)}, n{v.size()} {}",
             "return std::move(s).append(s);",
             "f([w = std::move(v)] { return w; }, v);",
         })
        CHECK_MESSAGE(count_in(line) == 1, line);
}

TEST_CASE("structure: a move that nothing else of the expression reads is no finding")
{
    for (const std::string line : {
             "f(n, std::move(v)); v = g();",
             "S s = {.size = v.size(), .v = std::move(v)};",
             "U(std::vector<int> v) : n(v.size()), a(std::move(v)) {}",
             "U(std::vector<int> value) : value_(std::move(value)) { assert(!value_.empty()); }",
             "v = f(std::move(v));",
             "f(data.bytes, std::move(data.owner));",
             "f(\"v\", std::move(v)); // v",
             "return v.empty() ? first : fail(name, std::move(v));",
             "f(v.state, g.v, std::move(state));",
             "return [v = std::move(v)](int n) { return v[n]; };",
             "rows.push_back({{\"v\", std::move(v)}, {\"w\", w}});",
         })
        CHECK_MESSAGE(count_in(line) == 0, line);
}

} // namespace
} // namespace vkseg::structure::moves_test
