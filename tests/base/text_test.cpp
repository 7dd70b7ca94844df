#include "base/text.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::text_test {

TEST_CASE("printable: keeps letters of any language and escapes what moves a terminal's cursor")
{
    CHECK(printable("Straße 東京 🙂") == "Straße 東京 🙂");
    CHECK(printable("a\nb\x1b[2J\x7f") == "a\\x0ab\\x1b[2J\\x7f");
    CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("printable: escapes bytes that are not UTF-8")
{
    CHECK(printable("\xff\xc3") == "\\xff\\xc3");
    CHECK(printable("\xe6\x9d") == "\\xe6\\x9d");
    CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");
}

TEST_CASE("printable: cuts long texts between characters")
{
    CHECK(printable(std::string(300, 'x')).size() < 210);
    CHECK(printable("äöü", 3) == "äö…");
}

} // namespace vkseg::test::text_test
