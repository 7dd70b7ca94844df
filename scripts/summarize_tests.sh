#!/usr/bin/env bash
# Reads the CTest log $1. Prints the number of checks and of ONNX node tests for each device, and as its last line
# "N passed, M failed", which counts each test case of a doctest program, and each other CTest test as one.
# Fails if a test failed.
set -euo pipefail

awk '
    function finish() {
        if (name == "") return
        if (cases == 0) { passed += is_passed; failed += !is_passed }
        else if (!is_passed && failed_cases == 0) ++failed  # the program crashed before or after the end of its cases
        if (!is_passed) print "failed: " name
        name = ""
    }
    /^[0-9]+\/[0-9]+ Testing: / { finish(); name = $3; cases = 0; failed_cases = 0; is_passed = 0 }
    / device checks on / {
        count = $1
        sub(/^.* device checks on /, "")
        checks[$0] += count
    }
    / node tests passed on / {
        count = $1
        sub(/^.* node tests passed on /, "")
        node_tests[$0] += count
    }
    /^\[doctest\] test cases:/ {
        sub(/^.*test cases:/, "")
        gsub(/[^0-9 ]/, "")
        cases += $1; passed += $2; failed += $3; failed_cases += $3 # skipped cases run in another part
    }
    /^Test (Passed\.|Pass Reason:)/ { is_passed = 1 }
    END {
        finish()
        for (device in checks) printf "%7d checks on %s\n", checks[device], device | "sort -k4"
        for (device in node_tests)
            printf "%7d of ONNX\047s node tests on %s\n", node_tests[device], device | "sort -k4"
        close("sort -k4")
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0 || passed == 0
    }
' "$1"
