// Prints docs/operators.md: what the ONNX reader accepts, from its own table, and which of ONNX's node tests are left
// out.
//   vkseg_operator_table [DIRECTORY OF NODE TESTS]
#include "formats/onnx/operators.hpp"
#include "operator_table/left_out.hpp"
#include "operator_table/notes.hpp"

#include <cstdio>
#include <map>

namespace vkseg::test {
namespace {

using Reader = void (*)(onnx::NodeReader&);

Reader reader_of(const Note& note)
{
    const onnx::OperatorReader* const row = onnx::find_operator(note.domain, note.op_type);
    return row == nullptr ? nullptr : row->read;
}

const Note* find_note(Reader reader)
{
    for (const Note& note : notes())
    {
        if (reader_of(note) == reader)
            return &note;
    }
    return nullptr;
}

/// One row for the ONNX operators that are read in one way; in the order of the notes.
bool print_operators()
{
    std::map<Reader, std::string> names;
    bool is_complete = true;
    for (const onnx::OperatorReader& row : onnx::operators())
    {
        std::string& list = names[row.read];
        list += (list.empty() ? "" : ", ") + std::string(row.domain) + (row.domain.empty() ? "" : ".") +
                std::string(row.op_type);
        if (find_note(row.read) == nullptr)
        {
            std::fprintf(stderr, "operator_table: %s has no note\n", std::string(row.op_type).c_str());
            is_complete = false;
        }
    }
    std::printf("| ONNX | vkseg | what it takes | limits |\n|---|---|---|---|\n");
    for (const Note& note : notes())
    {
        if (reader_of(note) == nullptr)
        {
            std::fprintf(stderr, "operator_table: the note on %s is of no operator that is read\n", note.op_type);
            is_complete = false;
            continue;
        }
        std::printf("| %s | %s | %s | %s |\n", names[reader_of(note)].c_str(), note.op, note.takes, note.limits);
    }
    return is_complete;
}

} // namespace
} // namespace vkseg::test

int main(int argc, char** argv)
{
    using namespace vkseg::test;
    std::printf("%s", introduction);
    std::printf("%zu operators of ONNX and ONNX Runtime are read.\n\n", vkseg::onnx::operators().size());
    const bool is_complete = print_operators();
    const bool is_read = print_left_out(argc > 1 ? argv[1] : "/usr/share/libonnx-testdata/data/node");
    return is_complete && is_read ? 0 : 1;
}
