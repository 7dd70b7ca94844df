#!/usr/bin/env bash
# Runs shared_library ($1) with the library $2 and a copy of it; $3 is the project's folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -L "$2" "$work/copy_of_libvkseg.so"
"$1" "$2" "$work/copy_of_libvkseg.so" "$3/samples/models/selfie.onnx"
