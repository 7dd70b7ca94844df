#!/usr/bin/env bash
# Every malformed model makes vkseg end with 1 and one message on stderr that names the file and its trouble: one line,
# or, where several parts are not supported, one for each of them.
# usage: malformed_models.sh PATH_TO_VKSEG PATH_TO_WRITER
set -eu
vkseg=$(realpath "$1")
writer=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$writer" .

failures=0
fail() {
    echo "FAILED: $1"
    sed 's/^/    /' stderr
    failures=$((failures + 1))
}

count=0
for model in *.onnx; do
    count=$((count + 1))
    code=0
    "$vkseg" info "$model" >stdout 2>stderr || code=$?
    words=$(cat "${model%.onnx}.txt")
    [ $code -eq 1 ] || fail "$model: ended with $code instead of 1"
    [ ! -s stdout ] || fail "$model: wrote to stdout"
    [[ "$(cat stderr)" == *"$words"* ]] || fail "$model: did not say '$words'"
    [[ "$(head -n 1 stderr)" == *"$model"* ]] || fail "$model: did not name the file"
    [ "$(wc -l <stderr)" -eq "$(wc -l <"${model%.onnx}.txt")" ] || fail "$model: wrote another number of lines"
done
echo "$count malformed models, $failures failures"
[ $count -ge 40 ] && [ $failures -eq 0 ]
