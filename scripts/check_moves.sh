#!/usr/bin/env bash
# Looks for objects that are used after they were moved from, by clang-tidy's bugprone-use-after-move. Only files that
# name an object again behind the line that moves from it are checked: that takes a tenth of the time. A loop that moves in
# every turn is missed where nothing behind it names the object.
#   scripts/check_moves.sh BUILD-FOLDER     (built by the preset ci, for the headers that it generated)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(cd "$1" && pwd)

if ! command -v clang-tidy >/dev/null; then
    echo "check_moves: there is no clang-tidy here; please install it (scripts/setup.sh --tests)" >&2
    exit 1
fi
tidy=(clang-tidy --quiet "--checks=-*,bugprone-use-after-move" "--warnings-as-errors=*")

# What must be found, so that a clang-tidy that finds nothing is noticed.
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
    echo "check_moves: clang-tidy does not find a planted use after a move" >&2
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

# Those that the build compiles, so that the flags are known: one by one, not several as one.
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
