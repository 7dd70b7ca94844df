#!/usr/bin/env bash
# Compiles the kernels with the drivers' compilers for GPUs that this machine does not have, and reports refused pipelines
# and spilled registers. Nothing runs on a device.
#
#   scripts/gpus_without_hardware.sh [--every-network]
#       AMD GPUs, with RADV of this system's Mesa. Fails if a pipeline of a network fails to compile or spills registers.
#       Asks networks that together have all pipelines of the zoo and of samples/models, for two families of GPUs, or every
#       network of these, for five.
#   scripts/gpus_without_hardware.sh FOLDER [GPU...]
#       The GPUs of the list below, with the drivers and drm shims of Debian sid, in a chroot that it makes in FOLDER. Needs
#       root, 6 GB, and an hour the first time. Adds the architecture arm64 and a cross compiler for it to this system.
#       Writes tests/gpus/GPU.json and prints the table of docs/gpus.md.
#
# VKSEG_PROGRAM: the vkseg program to run instead of build/samples/vkseg (x86-64).
set -euo pipefail
cd "$(dirname "$0")/.."
program=${VKSEG_PROGRAM:-build/samples/vkseg}

networks=(samples/models/selfie.onnx zoo:unet zoo:deeplab-v3plus-mobilenet-v2 zoo:deeplab-v3plus-resnet50
    zoo:deeplab-v3-mobilenet-v3 zoo:fcn-8s zoo:segnet zoo:vnet zoo:crf-rnn)
radv_families=(polaris10 navi21) # GCN 4 and RDNA 2
radv_networks=(zoo:crf-rnn zoo:mask-rcnn-resnet50-fpn tests/model/data/mask-rcnn-opset11.onnx samples/models/selfie.onnx samples/models/selfie_landscape.onnx
    samples/models/brain/{vnet,dilated8-padded,fc-densenet56,pspnet50}.safetensors
    zoo:vnet zoo:segnet-basic zoo:pspnet50 zoo:patch-classifier-dense)

# Prints the compiler's failure or the kernels that spill; prints nothing if there are none.
check_with_radv() { # FAMILY NETWORK PRECISION
    local report
    if ! report=$(RADV_FORCE_FAMILY=$1 VK_ICD_FILENAMES=$radv VK_DRIVER_FILES=$radv "$program" pipelines "$2" --precision "$3" 2>&1); then
        printf '%s %s %s: %s\n' "$1" "$2" "$3" "$(tail -n 1 <<<"$report")"
    elif ! grep -q '; 0 refused, 0 spill,' <<<"$report"; then
        printf '%s %s %s: %s\n%s\n' "$1" "$2" "$3" "$(tail -n 1 <<<"$report")" "$(grep -E '[1-9][0-9]* (spills|B of scratch)' <<<"$report")"
    fi
}

if [ $# -eq 0 ] || [ "$1" = --every-network ]; then
    radv=$(ls /usr/share/vulkan/icd.d/radeon_icd*.json 2>/dev/null | head -n 1 || true)
    if [ -z "$radv" ]; then
        echo "note: RADV is not installed (package mesa-vulkan-drivers), so kernels are not compiled for AMD's GPUs"
        exit 0
    fi
    if [ $# -gt 1 ]; then
        echo "gpus_without_hardware.sh: expected nothing after --every-network, got $2" >&2
        exit 1
    fi
    if [ $# -gt 0 ]; then
        radv_families+=(vega10 raven navi10) # GCN 5 and RDNA 1
        zoo=$("$program" info zoo | awk 'NR > 1 { print "zoo:" $1 }')
        mapfile -t radv_networks <<<"$(ls samples/models/*.onnx samples/models/{,brain/}*.safetensors)"$'\n'"$zoo"
    fi
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    quantized=$scratch/selfie-int8.onnx
    "$program" quantize samples/models/selfie.onnx --calibrate samples/data/astronaut.png -o "$quantized" >/dev/null
    radv_networks+=("$quantized")
    # RDNA 2 has dot products of bytes.
    dots=$(RADV_FORCE_FAMILY=navi21 RADV_DEBUG=shaders,nocache VK_ICD_FILENAMES=$radv VK_DRIVER_FILES=$radv "$program" pipelines "$quantized" 2>&1 |
        grep -c v_dot4 || true)
    if [ "$dots" -eq 0 ]; then
        echo "navi21: the kernels of $quantized have no packed dot products"
        exit 1
    fi
    export program radv
    export -f check_with_radv
    faults=$(for family in "${radv_families[@]}"; do
        for network in "${radv_networks[@]}"; do
            printf '%s %s f32\n%s %s f16\n' "$family" "$network" "$family" "$network"
        done
    done | xargs -P "$(nproc)" -L 1 bash -c 'check_with_radv "$@"' radv)
    if [ -n "$faults" ]; then
        printf '%s\n' "$faults"
        exit 1
    fi
    echo "RADV (${radv_families[*]}): every pipeline of ${#radv_networks[@]} networks compiles, in f32 and f16, and none spills"
    exit 0
fi

folder=$(realpath "$1")
shift
mirror=${VKSEG_DEBIAN_MIRROR:-http://deb.debian.org/debian}
results=tests/gpus

# Name in this script, environment, shim, driver, and whether the driver exists for arm64 only and runs under qemu.
gpus="
adreno-618    FD_GPU_ID=618                 freedreno freedreno    x86
adreno-660    FD_GPU_ID=660                 freedreno freedreno    x86
adreno-730    FD_GPU_ID=730                 freedreno freedreno    x86
adreno-750    FD_GPU_ID=750                 freedreno freedreno    x86
adreno-830    FD_GPU_ID=830                 freedreno freedreno    x86
skylake       INTEL_STUB_GPU_PLATFORM=skl   intel     intel        x86
tiger-lake    INTEL_STUB_GPU_PLATFORM=tgl   intel     intel        x86
dg2           INTEL_STUB_GPU_PLATFORM=dg2   intel     intel        x86
lunar-lake    INTEL_STUB_GPU_PLATFORM=lnl   intel     intel        x86
apple-m1      A=1                           asahi     asahi        x86
raven         AMDGPU_GPU_ID=raven           amdgpu    radeon       x86
polaris10     AMDGPU_GPU_ID=polaris10       amdgpu    radeon       x86
navi21        AMDGPU_GPU_ID=navi21          amdgpu    radeon       x86
gfx1201       AMDGPU_GPU_ID=gfx1201         amdgpu    radeon       x86
nvidia-ga102  NOUVEAU_CHIPSET=172           nouveau   nouveau      x86
mali-g610     PAN_GPU_ID=a867               panfrost  panfrost     arm
videocore-4.2 V3D_GPU_ID=42                 v3d       broadcom     arm
videocore-7.1 V3D_GPU_ID=71                 v3d       broadcom     arm
powervr-bxs   PVR_SHIM_DEVICE_BVNC=36.53.104.796 powervr powervr_mesa arm
"
if [ "$(id -u)" -ne 0 ]; then
    echo "gpus_without_hardware.sh: expected to run as root, which chroot and mount need" >&2
    exit 1
fi

in_chroot() { # CHROOT COMMAND...
    chroot "$folder/$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "${@:2}"
}

mount_into() { # CHROOT: the kernel's file systems, and $folder/share as /share
    mkdir -p "$folder/share" "$folder/$1/share"
    mountpoint -q "$folder/$1/share" || mount --bind "$folder/share" "$folder/$1/share"
    mountpoint -q "$folder/$1/proc" || mount -t proc proc "$folder/$1/proc"
    mountpoint -q "$folder/$1/dev" || mount --bind /dev "$folder/$1/dev"
}

unmount_all() {
    for place in sid/share sid/proc sid/dev trixie/share trixie/proc trixie/dev; do
        if mountpoint -q "$folder/$place"; then umount "$folder/$place"; fi
    done
}

make_chroot() { # SUITE
    [ -e "$folder/$1/made" ] && return
    debootstrap --variant=minbase "$1" "$folder/$1" "$mirror"
    echo 'Acquire::Check-Valid-Until "false";' >"$folder/$1/etc/apt/apt.conf.d/99valid" # a mirror may lag behind the clock
    touch "$folder/$1/made"
}

# Drivers and shims, for x86-64 and arm64. No package has Intel's shim: it is built from the sources in trixie.
install_drivers() {
    in_chroot sid dpkg --add-architecture arm64
    in_chroot sid apt-get update -q
    in_chroot sid apt-get install -q -y --no-install-recommends mesa-vulkan-drivers mesa-drm-shim libvulkan1 qemu-user \
        libstdc++6:arm64 libvulkan1:arm64 mesa-vulkan-drivers:arm64 mesa-drm-shim:arm64
    touch "$folder/sid/drivers"
}

build_intel_shim() {
    make_chroot trixie
    mount_into trixie
    printf 'deb %s trixie main\ndeb-src %s trixie main\n' "$mirror" "$mirror" >"$folder/trixie/etc/apt/sources.list"
    in_chroot trixie apt-get update -q
    in_chroot trixie apt-get install -q -y --no-install-recommends dpkg-dev
    in_chroot trixie apt-get build-dep -q -y --no-install-recommends mesa
    in_chroot trixie bash -ec 'mkdir -p /share/mesa; cd /share/mesa; apt-get source -q --download-only mesa
        rm -rf source; dpkg-source --no-check -x mesa_*.dsc source
        rm -rf build; meson setup build source -Dbuildtype=release -Dvulkan-drivers=intel -Dgallium-drivers= -Dtools=drm-shim,intel \
            -Dplatforms= -Dglx=disabled -Degl=disabled -Dgbm=disabled -Dopengl=false -Dgles1=disabled -Dgles2=disabled \
            -Dllvm=enabled -Dvideo-codecs= -Dvalgrind=disabled -Dlibunwind=disabled -Dlmsensors=disabled -Dintel-rt=disabled
        ninja -C build src/intel/tools/libintel_noop_drm_shim.so'
    cp "$folder/share/mesa/build/src/intel/tools/libintel_noop_drm_shim.so" "$folder/sid/usr/lib/x86_64-linux-gnu/"
}

# Builds the program for arm64 with the shaders that were compiled for x86-64 and the headers of this system.
build_for_arm() {
    dpkg --add-architecture arm64
    apt-get update -q
    apt-get install -q -y --no-install-recommends g++-aarch64-linux-gnu libfmt-dev:arm64 libpng-dev:arm64 \
        libjpeg62-turbo-dev:arm64 libgif-dev:arm64 libwebp-dev:arm64 libzstd-dev:arm64
    local headers=$folder/headers libraries=/usr/lib/aarch64-linux-gnu
    mkdir -p "$headers"
    for header in protozero flatbuffers nlohmann vulkan vk_video stb CLI webp fmt png.h pngconf.h pnglibconf.h jpeglib.h jmorecfg.h \
        jerror.h gif_lib.h zlib.h zconf.h zstd.h; do
        [ ! -e "/usr/include/$header" ] || ln -sfn "/usr/include/$header" "$headers/$header"
    done
    ln -sfn /usr/include/aarch64-linux-gnu/jconfig.h "$headers/jconfig.h"
    local include
    local options=()
    for include in VKSEG_PROTOZERO_INCLUDE VKSEG_FLATBUFFERS_INCLUDE VKSEG_JSON_INCLUDE VKSEG_VULKAN_INCLUDE VKSEG_CLI11_INCLUDE VKSEG_STB_INCLUDE \
        VKSEG_WEBP_INCLUDE VKSEG_ZSTD_INCLUDE PNG_PNG_INCLUDE_DIR ZLIB_INCLUDE_DIR JPEG_INCLUDE_DIR GIF_INCLUDE_DIR; do
        options+=("-D$include=$headers")
    done
    cmake -S . -B "$folder/build-arm64" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
        -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=10 -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
        -DCMAKE_LIBRARY_ARCHITECTURE=aarch64-linux-gnu -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc \
        -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DVKSEG_COMPILED_SHADERS="$PWD/build/shaders/generated" \
        -DVKSEG_BUILD_TESTS=OFF -DVKSEG_STATIC_RUNTIME=ON "${options[@]}" \
        -DPNG_LIBRARY=$libraries/libpng.so -DZLIB_LIBRARY=$libraries/libz.so -DJPEG_LIBRARY=$libraries/libjpeg.so \
        -DGIF_LIBRARY=$libraries/libgif.so -DVKSEG_WEBP_LIBRARY=$libraries/libwebp.so \
        -DVKSEG_WEBP_DEMUX_LIBRARY=$libraries/libwebpdemux.so -DVKSEG_ZSTD_LIBRARY=$libraries/libzstd.a -Dfmt_DIR=$libraries/cmake/fmt
    cmake --build "$folder/build-arm64" --target vkseg_cli
    share_program "$folder/build-arm64/samples/vkseg" arm $libraries
}

share_program() { # PROGRAM NAME LIBRARIES: with the libraries that sid has in other versions
    mkdir -p "$folder/share/$2"
    cp "$1" "$folder/share/$2/vkseg"
    for library in libfmt libpng16 libjpeg libgif libwebp libwebpdemux; do
        cp -L "$3/$library".so.* "$folder/share/$2/"
    done
}

# Writes $folder/share/report.json. The shim goes to vkseg alone, not to env or qemu.
ask() { # ENVIRONMENT SHIM DRIVER MACHINE NETWORK PRECISION
    local run=(./x86/vkseg)
    local environment=("LD_LIBRARY_PATH=/share/x86" "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/lib$2_noop_drm_shim.so")
    if [ "$4" = arm ]; then
        run=(qemu-aarch64 -E LD_LIBRARY_PATH=/share/arm -E "LD_PRELOAD=/usr/lib/aarch64-linux-gnu/lib$2_noop_drm_shim.so" ./arm/vkseg)
        environment=()
    fi
    rm -f "$folder/share/report.json"
    in_chroot sid env --chdir=/share "$1" PAN_I_WANT_A_BROKEN_VULKAN_DRIVER=1 PVR_I_WANT_A_BROKEN_VULKAN_DRIVER=1 \
        MESA_SHADER_CACHE_DISABLE=true "VK_ICD_FILENAMES=/usr/share/vulkan/icd.d/$3_icd.json" "${environment[@]}" "${run[@]}" \
        pipelines "$5" --precision "$6" --json report.json >"$folder/share/output" 2>&1
}

# Reduces a report to the figures that are compared between versions. "most" is the kernel with the most operations and the
# driver's statistics of it.
summary='(.pipelines | max_by(.operations)) as $most
    | {network: $network, precision: .precision, pipelines: (.pipelines | length), failed, spilling,
    spilling_share: (.spilling_share_of_operations * 1000 | round / 1000), spirv_bytes,
    most: {kernel: ($most.shader + " " + $most.storage),
        share: ($most.operations / ([.pipelines[].operations] | add) * 100 | round / 100),
        statistics: ($most.executables[0].statistics // {} | with_entries(select(.value != 0)))},
    worst: [.pipelines[] | select((.spills // 0) > 0 or (.scratch_bytes // 0) > 0 or .failure)
        | {kernel: (.shader + " " + .storage), spills, scratch_bytes, failure}] | unique}'

trap unmount_all EXIT
for tool in debootstrap jq; do
    command -v $tool >/dev/null || apt-get install -q -y --no-install-recommends debootstrap jq
done
make_chroot sid
mount_into sid
[ -e "$folder/sid/drivers" ] || install_drivers
[ -e "$folder/sid/usr/lib/x86_64-linux-gnu/libintel_noop_drm_shim.so" ] || build_intel_shim
share_program "$program" x86 /usr/lib/x86_64-linux-gnu
build_for_arm
cp samples/models/selfie.onnx "$folder/share/"
mkdir -p "$results"
printf '| GPU | pipelines | refused | spilling | largest share of operations in spilling kernels |\n|---|---|---|---|---|\n'
while read -r name environment shim driver machine; do
    [ -n "$name" ] || continue
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then
        continue
    fi
    lines=""
    for network in "${networks[@]}"; do
        for precision in f32 f16; do
            if ! ask "$environment" "$shim" "$driver" "$machine" "${network##*/}" "$precision" </dev/null && [ ! -e "$folder/share/report.json" ]; then
                echo "gpus_without_hardware.sh: $name, $network, $precision: $(tail -n 1 "$folder/share/output")" >&2
                exit 1
            fi
            lines+=$(jq -c --arg network "${network##*/}" "$summary" "$folder/share/report.json")$'\n'
        done
    done
    jq '{device: .device.name, driver: .device.driver}' "$folder/share/report.json" |
        jq -s '.[0] + {networks: .[1:]}' - <(printf '%s' "$lines") >"$results/$name.json.new"
    mv "$results/$name.json.new" "$results/$name.json"
    jq -r --arg name "$name" '"| \($name) | \([.networks[].pipelines] | add) | \([.networks[].failed] | add) | \([.networks[].spilling] | add) | \([.networks[].spilling_share] | max * 100) % |"' "$results/$name.json"
done <<<"$gpus"
