#!/usr/bin/env bash
# Builds vkseg for other systems and runs it there as far as this machine can (docs/systems.md):
#   scripts/systems.sh [aarch64] [windows] [musl] [android]      (all of them if none is named)
#   scripts/systems.sh download         downloads the packages of aarch64, which needs no build
# aarch64: Clang and qemu-user, on Debian's arm64 lavapipe. windows: mingw-w64 and Wine, on this machine's lavapipe. musl:
# a static program, which runs without a device. android: compiled only. Kernels and the expected mask come from build/,
# which scripts/test.sh makes. A part whose tools are missing, or whose packages cannot be downloaded, is left out with a note.
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD
native=$project/build
model=$project/samples/models/selfie.onnx
photo=$project/samples/data/astronaut.png
outcome=0

aarch64_packages() {
    scripts/systems/sysroot.sh arm64 "$project/build-aarch64/sysroot" libc6-dev libstdc++-12-dev libvulkan1 mesa-vulkan-drivers \
        libzstd-dev libpng-dev libjpeg-dev libwebp-dev libgif-dev libfmt-dev
}
if [ "$*" = download ]; then
    aarch64_packages
    exit 0
fi

if [ ! -x "$native/samples/vkseg" ]; then
    echo "systems: expected the program in $native; run 'cmake --preset ci && cmake --build --preset ci' first" >&2
    exit 1
fi

lacks() { # tools
    local tool
    for tool in "$@"; do
        if ! command -v "$tool" >/dev/null; then
            echo "note: $tool is missing, so this part is left out (VKSEG_TEST_SYSTEMS=1 scripts/setup.sh --tests)"
            return 0
        fi
    done
    return 1
}

configure() { # system and options
    cmake -G Ninja -S . -B "build-$1/build" -DCMAKE_TOOLCHAIN_FILE="$project/scripts/systems/$2.cmake" \
        -DVKSEG_SYSROOT="$project/build-$1/sysroot" -DVKSEG_COMPILED_SHADERS="$native/shaders/generated" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" \
        -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=20 "${@:3}" >/dev/null
}

# One mask of this machine's program is compared with those of the others.
lavapipe=$(find /usr/share/vulkan/icd.d -name 'lvp_icd*.json' 2>/dev/null | head -n 1)
expected=$project/build-systems
expect_mask() {
    if [ ! -e "$expected/astronaut_mask.png" ]; then
        VK_DRIVER_FILES=$lavapipe VK_ICD_FILENAMES=$lavapipe "$native/samples/vkseg" segment "$model" "$photo" -o "$expected" >/dev/null
    fi
}

run_aarch64() {
    lacks clang++ ld.lld qemu-aarch64-static apt-get && return
    local sysroot=$project/build-aarch64/sysroot driver
    aarch64_packages
    scripts/systems/link_headers.sh "$sysroot/usr/include"
    # Debug without symbols and in large units: most of the time goes to drivers, and their libraries are optimised.
    configure aarch64 aarch64-linux -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DCMAKE_UNITY_BUILD_BATCH_SIZE=50
    cmake --build build-aarch64/build --target vkseg_cli vkseg_node_tests vkseg_reader_tests
    driver=$sysroot/usr/share/vulkan/icd.d/lvp_icd.aarch64.json
    # One thread: lavapipe's workers wait in loops, which cost much under qemu.
    local run=(env VK_DRIVER_FILES="$driver" VK_ICD_FILENAMES="$driver" LP_NUM_THREADS=1 GALLIVM_PERF=nopt VKSEG_TEST_VALIDATE=0
        qemu-aarch64-static -L "$sysroot")
    "${run[@]}" build-aarch64/build/samples/vkseg devices
    "${run[@]}" build-aarch64/build/samples/vkseg segment "$model" "$photo" -o build-aarch64/out &
    local segment=$!
    # Not what counts steps and frames of calls, which are the same on every processor, but takes most of the time.
    "${run[@]}" build-aarch64/build/tests/vkseg_reader_tests --test-case-exclude='onnx functions: circles*,small stack: a chain*'
    "${run[@]}" build-aarch64/build/tests/vkseg_node_tests test_basic_conv_with_padding test_convtranspose_pads \
        test_maxpool_2d_strides test_resize_upsample_scales_linear test_matmul_2d test_softmax_axis_1 test_gather_1 test_add_bcast
    wait $segment
    tests/systems/compare_masks.py "$expected/astronaut_mask.png" build-aarch64/out/astronaut_mask.png
}

run_windows() {
    wine=$(command -v wine64 || ls /usr/lib/wine/wine64 2>/dev/null || true)
    lacks x86_64-w64-mingw32-g++-posix apt-get "${wine:-wine64}" Xvfb && return
    local sysroot=$project/build-windows/sysroot
    scripts/systems/c_libraries.sh "$sysroot" x86_64-w64-mingw32-ar x86_64-w64-mingw32-gcc-posix
    scripts/systems/link_headers.sh "$sysroot/include"
    configure windows windows -DVKSEG_STATIC_RUNTIME=ON -DVKSEG_MORE_PICTURES=OFF
    cmake --build build-windows/build --target vkseg_cli vkseg_reader_tests
    # Wine offers Vulkan only where it finds a display.
    export LC_ALL=C.UTF-8 WINEPREFIX=$project/build-windows/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" DISPLAY
    export VK_DRIVER_FILES=$lavapipe VK_ICD_FILENAMES=$lavapipe
    local number
    exec 3< <(exec Xvfb -displayfd 1 -screen 0 64x64x24 -nolisten tcp 2>/dev/null)
    server=$!
    # Not local variables: the trap runs when the function has ended.
    trap 'kill "$server" 2>/dev/null || true; "${wine%/*}/wineserver" -k 2>/dev/null || true' EXIT
    read -r number <&3
    DISPLAY=:$number
    "$wine" build-windows/build/samples/vkseg.exe devices
    "$wine" build-windows/build/tests/vkseg_reader_tests.exe
    # A name that no ANSI code page of Windows has whole.
    local name="Łódź 東京"
    mkdir -p "build-windows/$name"
    cp "$photo" "build-windows/$name/photo.png"
    cp "$model" "${model%.onnx}.json" "build-windows/$name"
    "$wine" build-windows/build/samples/vkseg.exe segment "build-windows/$name/selfie.onnx" "build-windows/$name/photo.png" \
        -o "build-windows/out $name"
    tests/systems/compare_masks.py "$expected/astronaut_mask.png" "build-windows/out $name/photo_mask.png"
}

run_musl() {
    lacks clang++ musl-gcc apt-get && return
    local sysroot=$project/build-musl/sysroot
    scripts/systems/musl_libraries.sh "$sysroot"
    scripts/systems/c_libraries.sh "$sysroot" ar clang --target=x86_64-linux-musl --sysroot="$sysroot"
    scripts/systems/link_headers.sh "$sysroot/include"
    # Debug without symbols and in large units: Clang takes half as long as for -O1.
    configure musl musl -DVKSEG_STATIC_RUNTIME=ON -DVKSEG_MORE_PICTURES=OFF -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
        -DCMAKE_UNITY_BUILD_BATCH_SIZE=50
    cmake --build build-musl/build --target vkseg_cli vkseg_reader_tests
    build-musl/build/tests/vkseg_reader_tests
    tests/systems/static_program.sh build-musl/build/samples/vkseg "$native/samples/vkseg" "$project"
}

run_android() {
    lacks clang++ apt-get && return
    tests/android/compile.sh build-android "$native"
}

parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then
    parts=(aarch64 windows musl android)
fi
rm -rf "$expected"
expect_mask
for part in "${parts[@]}"; do
    case $part in
        aarch64 | windows | musl | android) ;;
        *)
            echo "systems: expected aarch64, windows, musl or android, got '$part'" >&2
            exit 2
            ;;
    esac
    printf -- '-- %s\n' "$part"
    begin=$SECONDS
    # In a process of its own, so that a failure of one part does not hide those of others.
    status=0
    (set -euo pipefail; "run_$part") & wait $! || status=$?
    case $status in
        0) ;;
        75) echo "note: packages of Debian cannot be downloaded, so this part is left out" ;;
        *) outcome=1; echo "systems: $part failed" >&2 ;;
    esac
    printf -- '-- %s took %d s\n' "$part" $((SECONDS - begin))
done
exit $outcome
