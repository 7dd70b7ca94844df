#!/usr/bin/env bash
# Packs the folder build-bundle/vkseg-VERSION-x86_64-linux, also as .tar.gz. Its run.sh tests and times vkseg on any x86-64
# Linux machine with glibc 2.36 and a Vulkan driver, without compilers or packages.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "make_bundle: $*" >&2
    exit 1
}

scripts/setup.sh --tests
build="build-bundle"
cmake -G Ninja -B $build -DCMAKE_BUILD_TYPE=Release -DVKSEG_STATIC_RUNTIME=ON -DVKSEG_BUILD_TESTS=ON >/dev/null
cmake --build $build --target vkseg_cli vkseg_tests vkseg_node_tests

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:.*=//p' $build/CMakeCache.txt)
name=vkseg-$version-x86_64-linux
bundle=$build/$name
rm -rf "$bundle" "$bundle.tar.gz"
mkdir -p "$bundle"/{bin,models,photos,node_tests,licences}
printf '%s\n' "$version $(git rev-parse --short HEAD 2>/dev/null || true)" >"$bundle/VERSION"
cp scripts/bundle/run.sh scripts/bundle/README.txt LICENSE "$bundle/"

# The programs depend only on glibc; the Vulkan loader is opened at run time.
for program in samples/vkseg tests/vkseg_tests tests/vkseg_node_tests; do
    target=$bundle/bin/$(basename $program)
    cp $build/$program "$target"
    strip "$target"
    foreign=$(objdump -p "$target" | awk '$1 == "NEEDED" && $2 !~ /^(libc|libm|ld-linux-x86-64)\.so/ { print $2 }')
    [ -z "$foreign" ] || fail "$(basename "$target") needs more than glibc: $foreign"
    newest=$(objdump -T "$target" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
    [ "$(printf '%s\n2.36\n' "$newest" | sort -V | tail -n 1)" = 2.36 ] || fail "$(basename "$target"): expected to need at most glibc 2.36, got $newest"
done
for package in libzstd-dev libfmt-dev libcli11-dev libstb-dev nlohmann-json3-dev libprotozero-dev libflatbuffers-dev doctest-dev \
               libpng-dev zlib1g-dev libjpeg62-turbo-dev libwebp-dev libgif-dev libstdc++6 libonnx-testdata; do
    cp "/usr/share/doc/$package/copyright" "$bundle/licences/$package.txt"
done

# Only committed models and photos: fetched models are not redistributed.
git ls-files -z samples/models ':!samples/models/brain' | xargs -0 cp -t "$bundle/models"
git ls-files -z samples/data ':!samples/data/brain' | xargs -0 cp -t "$bundle/photos"
cp -r tests/zoo/data "$bundle/zoo"
cp -r tests/networks/data "$bundle/networks"
mkdir -p "$bundle/licences/photos"
find "$bundle/photos" -type f ! -name '*.png' ! -name '*.jpg' -exec mv -t "$bundle/licences/photos" {} +

# The ONNX node tests that are not skipped.
data=/usr/share/libonnx-testdata/data/node
"$bundle/bin/vkseg_node_tests" --data $data --reference-only >$build/node_tests.txt ||
    fail "node tests fail by the reference: see $build/node_tests.txt"
sed -n 's/^skipped \([^ :]*\): .*/\1/p' $build/node_tests.txt | sort >$build/skipped.txt
find $data -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | comm -23 - $build/skipped.txt |
    while read -r test; do cp -r "$data/$test" "$bundle/node_tests/"; done

tar -C $build -czf "$bundle.tar.gz" "$name"
size=$(du -sm --apparent-size "$bundle" | cut -f1)
[ "$size" -lt 60 ] || fail "$bundle has $size MB, which is more than 60"
echo "$bundle: $size MB; $bundle.tar.gz: $(du -sm "$bundle.tar.gz" | cut -f1) MB"
