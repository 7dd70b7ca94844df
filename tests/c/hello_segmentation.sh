#!/usr/bin/env bash
# The C program $2 writes the mask that the C++ program $1 writes; $3 is the project's folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$3/samples/models/selfie.onnx" "$3/docs/astronaut.jpg" "$work/cpp.pgm"
"$2" "$3/samples/models/selfie.onnx" "$3/docs/astronaut.jpg" "$work/c.pgm"
cmp "$work/cpp.pgm" "$work/c.pgm"
for program in "$1" "$2"; do
    if [ -w /dev/full ] && "$program" "$3/samples/models/selfie.onnx" "$3/docs/astronaut.jpg" /dev/full 2>/dev/null; then
        echo "$program: a mask that could not be written was a success" >&2
        exit 1
    fi
done
if "$2" "$3/no_such_model.onnx" "$3/docs/astronaut.jpg" "$work/none.pgm" 2>"$work/message"; then
    echo "hello_segmentation_c: accepted a file that does not exist" >&2
    exit 1
fi
grep -q no_such_model.onnx "$work/message"
