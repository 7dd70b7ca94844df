#!/usr/bin/env bash
# Makes a folder of those headers on this machine that are the same on every system, for cross compilers, which must not see
# others: scripts/systems/link_headers.sh FOLDER.
set -euo pipefail
mkdir -p "$1"
for name in vulkan vk_video protozero flatbuffers nlohmann CLI stb doctest fmt; do
    ln -sfn "/usr/include/$name" "$1/$name"
done
