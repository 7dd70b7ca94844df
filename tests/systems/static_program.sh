#!/usr/bin/env bash
# Runs a statically linked vkseg: static_program.sh PROGRAM NATIVE PROJECT. It describes networks as the native program does, and
# says why it has no device.
set -euo pipefail
program=$1 native=$2 models=$3/samples/models

if readelf --program-headers "$program" | grep -q INTERP; then
    echo "static_program: expected $program to be statically linked" >&2
    exit 1
fi
for arguments in --version --help "info zoo" "info zoo:unet:classes=4,width=0.5" "info $models/selfie.onnx" "run --help"; do
    # shellcheck disable=SC2086 # words are arguments
    diff <("$native" $arguments) <("$program" $arguments)
done

message="vkseg: Vulkan: expected a program that can open Vulkan drivers, but this one is statically linked; use a dynamically linked build"
for arguments in devices "segment $models/selfie.onnx $3/samples/data/astronaut.png"; do
    status=0
    # shellcheck disable=SC2086 # words are arguments
    said=$("$program" $arguments 2>&1) || status=$?
    if [ "$said" != "$message" ] || [ $status -ne 3 ]; then
        printf "static_program: vkseg %s: expected status 3 and '%s', got status %d and '%s'\n" "$arguments" "$message" $status "$said" >&2
        exit 1
    fi
done
echo "static program: describes networks as the native program does, and says why it has no device"
