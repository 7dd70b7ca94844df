#!/usr/bin/env bash
# Compiles the library and the program of docs/use_in/android.md for Android, without code as a result, and packs a library as
# Gradle expects it: tests/android/compile.sh WORK NATIVE, a folder for files that are kept and a build of this machine, for
# its kernels. Debian has neither Bionic's headers nor the NDK's: musl's stand in for the first, tests/android/stubs for the
# others. Debian's clang is the compiler, its libc++ 16 the C++ library.
set -euo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
native=$(cd "$2" && pwd)
"$project/scripts/systems/sysroot.sh" amd64 "$work/sysroot" libc++-16-dev musl-dev
"$project/scripts/systems/link_headers.sh" "$work/headers"
ln -sf /usr/include/zstd.h /usr/include/zstd_errors.h "$work/headers"

compile() {
    clang++ --target=aarch64-linux-android26 -std=c++20 -fsyntax-only -fno-rtti -Wall -Wextra -Wpedantic \
        -Wno-missing-field-initializers -Werror -D_LIBCPP_PROVIDES_DEFAULT_RUNE_TABLE -nostdinc++ -nostdlibinc \
        -isystem "$work/sysroot/usr/lib/llvm-16/include/c++/v1" -isystem "$work/sysroot/usr/include/x86_64-linux-musl" \
        -isystem "$project/tests/android/stubs" -include "$project/tests/android/stubs/bionic.h" -I"$project/include" "$@"
}

# One source that includes all others: headers are read once.
(cd "$project/lib" && find base graph ops build formats zoo model vk runtime segment c reference/folded -name '*.cpp' ! -name '*_windows.cpp' \
    ! -name proto.cpp | sort | sed 's/.*/#include "&"/') >"$work/library.cpp"
cat "$project/lib/formats/onnx/proto.cpp" >"$work/proto.cpp"
for source in library proto; do
    options=(-fno-exceptions)
    [ $source = library ] || options=(-fexceptions)
    compile "${options[@]}" -I"$project/lib" -I"$native/shaders/generated" -isystem "$native/lib/generated" -I"$project/shaders" -isystem "$work/headers" \
        -DVKSEG_BUILDING -DVKSEG_VERSION='"0"' -DVKSEG_HAS_ONNX=1 -DVKSEG_HAS_TFLITE=1 -DVKSEG_HAS_ZOO=1 -DVKSEG_HAS_DESCRIPTIONS=1 "$work/$source.cpp"
done

sed -n '/^```cpp$/,/^```$/{/^```/!p}' "$project/docs/use_in/android.md" >"$work/cutout.cpp"
grep -q JNIEXPORT "$work/cutout.cpp" || { echo "android: docs/use_in/android.md shows no program" >&2; exit 1; }
compile "$work/cutout.cpp"

"$project/scripts/make_prefab.sh" "$work/vkseg.aar" 26 26 arm64-v8a="$native/lib/libvkseg.so" x86_64="$native/lib/libvkseg.so"
python3 - "$work/vkseg.aar" <<'PYTHON'
import json, sys, zipfile
package = zipfile.ZipFile(sys.argv[1])
module = "prefab/modules/vkseg/"
assert json.loads(package.read("prefab/prefab.json"))["schema_version"] == 2
assert json.loads(package.read(module + "module.json"))["library_name"] == "libvkseg"
for abi in ("arm64-v8a", "x86_64"):
    assert json.loads(package.read(f"{module}libs/android.{abi}/abi.json"))["abi"] == abi
    assert package.getinfo(f"{module}libs/android.{abi}/libvkseg.so").file_size > 0
assert module + "include/vkseg/segment.hpp" in package.namelist()
PYTHON
echo "android: the library and the example compile, and the package has prefab's layout"
