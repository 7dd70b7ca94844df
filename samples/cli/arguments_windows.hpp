#pragma once

namespace vkseg::cli {

/// Replaces the arguments of main(), which Windows gives in its ANSI code page, by the same in UTF-8, and has the
/// console show UTF-8. Call once, first of all.
void take_utf8_arguments(int& argc, char**& argv);

} // namespace vkseg::cli
