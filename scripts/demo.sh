#!/usr/bin/env bash
# Builds vkseg and cuts a person out of a photo, on the best Vulkan device of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
echo "Building the vkseg program (a few minutes the first time)"
cmake --preset release -DVKSEG_BUILD_TESTS=OFF >/dev/null
cmake --build --preset release --target vkseg_cli
mkdir -p out
build/samples/vkseg segment samples/models/selfie.onnx samples/data/astronaut.png -o out
echo "The pictures are in $PWD/out: astronaut_mask.png, astronaut_overlay.png, astronaut_cutout.png"
