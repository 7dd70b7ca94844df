#!/usr/bin/env bash
# Makes the project that docs/use_in/cpp.md shows in the folder $2. Its vkseg/ is a copy of this project ($1) in which
# docs/adding_an_operator.md was followed. Fails if more than four files that were there must be edited. scripts/test.sh builds
# it under sanitizers, so that the library is compiled once for all three; check.sh then runs what was built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$1" && pwd)
work=$2
mkdir -p "$work"
rm -rf "$work/vkseg"
mkdir "$work/vkseg"

cp -rp "$project"/{CMakeLists.txt,CMakePresets.json,include,lib,shaders,tests} "$work/vkseg"
ln -s "$project/samples" "$work/vkseg/samples"
source "$here/../consumer/block.sh"
block "$project/docs/use_in/cpp.md" cmake 2 | cat - "$here/CMakeLists.txt" >"$work/CMakeLists.txt"
block "$project/docs/use_in/cpp.md" cpp 1 >"$work/main.cpp"
echo '{"version": 6, "include": ["vkseg/CMakePresets.json"]}' >"$work/CMakePresets.json"

perl "$here/follow.pl" "$project/docs/adding_an_operator.md" "$work/vkseg" | tee "$work/touched"
edited=$(sed -n '/^edited/p' "$work/touched" | sort -u | wc -l)
if [ "$edited" -gt 4 ] || [ "$edited" -eq 0 ]; then
    echo "adding_an_operator: expected edits of at most 4 files, got $edited" >&2
    exit 1
fi
