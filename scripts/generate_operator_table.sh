#!/usr/bin/env bash
# Writes docs/operators.md and docs/tflite.md anew from the code.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release -DVKSEG_BUILD_TESTS=ON >/dev/null
cmake --build --preset release --target vkseg_operator_table vkseg_tflite_table
build/tests/vkseg_operator_table >docs/operators.md.part
mv docs/operators.md.part docs/operators.md
build/tests/vkseg_tflite_table >docs/tflite.md.part
mv docs/tflite.md.part docs/tflite.md
