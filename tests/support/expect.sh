# shellcheck shell=bash
# What tests of programs share: they source this in an empty folder, and end by what `failures` says.
count=0
failures=0

fail() {
    echo "FAILED: $1"
    sed 's/^/    /' stdout stderr
    failures=$((failures + 1))
}

# expect CODE TEXT COMMAND...: the exit code is CODE; stderr is one line that holds TEXT, or empty for code 0.
expect() {
    local code=$1 text=$2
    shift 2
    count=$((count + 1))
    "$@" >stdout 2>stderr
    local got=$?
    if [ $got -ne "$code" ]; then
        fail "$* ended with $got instead of $code"
    elif [ "$code" -eq 0 ]; then
        [ -s stderr ] && fail "$* wrote to stderr"
        grep -qF -- "$text" stdout || fail "$* did not print '$text'"
    else
        [ "$(wc -l <stderr)" -eq 1 ] || fail "$* did not write one line to stderr"
        grep -qF -- "$text" stderr || fail "$* did not say '$text'"
    fi
}

# expect_warning TEXT COMMAND...: the exit code is 0, and stderr is one line that holds TEXT.
expect_warning() {
    local text=$1
    shift
    count=$((count + 1))
    "$@" >stdout 2>stderr || fail "$* ended with $? instead of 0"
    [ "$(wc -l <stderr)" -eq 1 ] || fail "$* did not write one line to stderr"
    grep -qF -- "$text" stderr || fail "$* did not say '$text'"
}
