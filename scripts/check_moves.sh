#!/usr/bin/env bash
# Finds objects of lib/ that are used after they were moved from, with clang-tidy's bugprone-use-after-move. To save nine tenths of
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
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2016
mapfile -t files < <(find lib -name '*.cpp' -print0 | sort -z | xargs -0 awk '
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

# Files that are compiled with the same flags are checked as one, which takes a third of the time; so their unnamed namespaces
# must not hold equal names. Without unity build, each file has its own command.
cmake --preset ci -B "$work" -DCMAKE_UNITY_BUILD=OFF -DVKSEG_BUILD_TESTS=OFF -DVKSEG_COMPILED_SHADERS="$build/shaders/generated" >/dev/null
cmake --build "$work" --target vkseg_tflite_schema >/dev/null
declare -A batch_of_flags
count=0
for file in "${files[@]}"; do
    command=$({ grep -F -B 1 "\"file\": \"$PWD/$file\"" "$work/compile_commands.json" || true; } | sed -n 's/^ *"command": "\(.*\)",$/\1/p')
    [ -n "$command" ] || continue # the build does not compile it
    flags=$(sed 's/^[^ ]* //; s/ -o .*//; s/\\\(.\)/\1/g' <<<"$command")
    batch_of_flags[$flags]+="#include \"$PWD/$file\""$'\n'
    count=$((count + 1))
done
batches=()
for flags in "${!batch_of_flags[@]}"; do
    batches+=("$work/batch_${#batches[@]}.cpp")
    printf '%s' "${batch_of_flags[$flags]}" >"${batches[-1]}"
    printf '%s\n' "$flags" >"${batches[-1]}.flags"
done

# A planted fault, to notice a clang-tidy that finds nothing.
cat >"$work/planted.cpp" <<'END'
#include <string>
#include <utility>
void take(std::string text);
bool planted(std::string text)
{
    take(std::move(text));
    return text.empty();
}
END
echo "#include \"$work/planted.cpp\"" >"$work/with_planted.cpp"
echo -std=c++20 >"$work/with_planted.cpp.flags"

check() { # BATCH
    eval "flags=($(cat "$1.flags"))"
    clang-tidy --quiet "--checks=-*,bugprone-use-after-move" "--warnings-as-errors=*" "--header-filter=.*" "$1" -- \
        "${flags[@]}" -Wno-unknown-warning-option 2> >(grep -v ' warnings\? generated\.$' >&2)
}
export -f check
if check "$work/with_planted.cpp" >/dev/null 2>&1; then
    echo "check_moves: expected clang-tidy to report a planted use after a move, got no report" >&2
    exit 1
fi
echo "use after move: checking $count files"
printf '%s\0' "${batches[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'check "$1"' check
