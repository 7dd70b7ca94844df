#!/usr/bin/env bash
# Writes docs/operators.md anew from the code.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release -DVKSEG_BUILD_TESTS=ON >/dev/null
cmake --build --preset release --target vkseg_operator_table
build/tests/vkseg_operator_table >docs/operators.md.part
mv docs/operators.md.part docs/operators.md
