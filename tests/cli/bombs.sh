#!/usr/bin/env bash
# Small files that ask for much end at once: with one line on stderr that holds the expected words, or with success,
# and always within 1 GiB beyond what a software driver takes itself and within seconds.
# usage: bombs.sh PATH_TO_VKSEG PATH_TO_WRITER
set -eu
vkseg=$(realpath "$1")
writer=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$writer" .
export XDG_CACHE_HOME=$work

max_kib=$((1280 * 1024))
max_s=20 # of the processor: several times what any of them takes, as machines differ

failures=0
fail() {
    echo "FAILED: $1: $2"
    sed 's/^/    /' stderr | cut -c 1-500
    failures=$((failures + 1))
}

count=0
while IFS=$'\t' read -r name words max_lines arguments; do
    count=$((count + 1))
    code=0
    # shellcheck disable=SC2086 # arguments are words
    (ulimit -d $max_kib -t $max_s -c 0 && exec "$vkseg" $arguments) >stdout 2>stderr </dev/null || code=$?
    if [ "$words" = - ]; then
        [ $code -eq 0 ] || fail "$name" "ended with $code instead of 0"
        continue
    fi
    [ $code -eq 1 ] || [ $code -eq 3 ] || fail "$name" "ended with $code instead of 1 or 3"
    lines=$(wc -l <stderr)
    { [ "$lines" -ge 1 ] && [ "$lines" -le "$max_lines" ]; } || fail "$name" "wrote $lines lines"
    [[ "$words" = "?" || "$(cat stderr)" == *"$words"* ]] || fail "$name" "did not say '$words'"
done <bombs.txt
echo "$count bombs, $failures failures"
[ $count -ge 60 ] && [ $failures -eq 0 ]
