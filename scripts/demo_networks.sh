#!/usr/bin/env bash
# Builds vkseg, segments slices of a head with every network of samples/models/brain, on the best Vulkan device of this
# machine, and puts all masks on one sheet, with the scores that PyTorch had beside ours.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cmake --preset release -DVKSEG_BUILD_TESTS=OFF >/dev/null
cmake --build --preset release
mkdir -p out
build/samples/contact_sheet samples/models/brain samples/data/brain out/networks.png
