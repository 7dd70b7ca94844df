#!/usr/bin/env bash
# Finds objects that are used after they were moved from, with clang-tidy's bugprone-use-after-move. To save nine tenths of
# the time, checks only files that name an object again after the line that moves from it. Misses a loop that moves from an
# object in every iteration if no later line names the object.
#   scripts/check_moves.sh BUILD-FOLDER     (of the preset ci; its generated headers are used)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(cd "$1" && pwd)

if ! command -v clang-tidy >/dev/null; then
    echo "check_moves: clang-tidy is missing; install it (scripts/setup.sh --tests)" >&2
    exit 1
fi
tidy=(clang-tidy --quiet "--checks=-*,bugprone-use-after-move" "--warnings-as-errors=*")

# A planted fault, to notice a clang-tidy that finds nothing.
planted=$(mktemp --suffix=.cpp)
trap 'rm -f "$planted"' EXIT
cat >"$planted" <<'END'
#include <string>
#include <utility>
void take(std::string text);
bool planted(std::string text)
{
    take(std::move(text));
    return text.empty();
}
END
if "${tidy[@]}" "$planted" -- -std=c++20 >/dev/null 2>&1; then
    echo "check_moves: expected clang-tidy to report a planted use after a move, got no report" >&2
    exit 1
fi

# shellcheck disable=SC2016
mapfile -t files < <(find lib samples tests -name '*.cpp' -print0 | sort -z | xargs -0 awk '
    function is_named(name, text) { return text ~ "(^|[^A-Za-z0-9_.])" name "([^A-Za-z0-9_]|$)" }
    FNR == 1 || /^}/ { split("", moved) }
    {
        for (name in moved)
            if (is_named(name, $0))
                candidates[FILENAME]
        rest = $0
        while (match(rest, /std::move\(\*?[A-Za-z_][A-Za-z0-9_]*/)) {
            name = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            sub(/.*[(*]/, "", name)
            moved[name]
            if (is_named(name, rest))
                candidates[FILENAME]
        }
    }
    END { for (file in candidates) print file }' | sort)

# Keeps the files that the build compiles, whose flags are known. Without unity build, each file has its own command.
commands=$(mktemp -d)
trap 'rm -rf "$planted" "$commands"' EXIT
cmake --preset ci -B "$commands" -DCMAKE_UNITY_BUILD=OFF -DVKSEG_COMPILED_SHADERS="$build/shaders/generated" >/dev/null
compiled=()
for file in "${files[@]}"; do
    if grep -qF "\"file\": \"$PWD/$file\"" "$commands/compile_commands.json"; then
        compiled+=("$file")
    fi
done
echo "use after move: checking ${#compiled[@]} files"
printf '%s\0' "${compiled[@]}" |
    xargs -0 -n 1 -P "$(nproc)" "${tidy[@]}" -p "$commands" --extra-arg=-Wno-unknown-warning-option \
        2> >(grep -v ' warnings\? generated\.$' >&2)
