#!/usr/bin/env bash
# Compares what the shared library $1 shows with what the public headers in $2 mark with VKSEG_API.
set -euo pipefail
library=$1
headers=$2

# Free functions and classes that are marked.
marked=$(sed -nE -e 's/^VKSEG_API [^(]*[ *&]([a-z_0-9]+)\(.*/\1/p' -e 's/^(class|struct) VKSEG_API ([A-Za-z0-9]+).*/\2/p' "$headers"/*.hpp "$headers"/*.h | sort -u)
# "vkseg::Graph::add_value(…)" shows Graph, "vkseg::load_model(…)" shows load_model. Weak instances of the standard
# library's templates are everybody's.
shown=$(nm -DC --defined-only "$library" | sed -E 's/^[0-9a-f]+ //' | grep -Ev '^[WVu] .*std::' |
    sed -E -e 's/^[A-Za-z] //' -e 's/^vkseg:://' -e 's/(\[abi:[a-z0-9]+\])?\(.*//' -e 's/::.*//' | sort -u)

outcome=0
report() { # WHAT NAMES
    if [ -n "$2" ]; then
        echo "exports: $1:" $2 >&2
        outcome=1
    fi
}
report "marked with VKSEG_API, and not shown by the library" "$(comm -23 <(echo "$marked") <(echo "$shown"))"
report "shown by the library, and not marked with VKSEG_API" "$(comm -13 <(echo "$marked") <(echo "$shown"))"
report "functions of public headers without VKSEG_API" \
    "$(grep -hE '^[A-Za-z].*[ *&][a-z_0-9]+\(' "$headers"/*.hpp "$headers"/*.h | grep -vE '^(VKSEG_API|inline|constexpr|template|friend|class|struct|typedef) ' || true)"
[ "$(echo "$marked" | wc -l)" -ge 20 ] || report "too few are marked for this check to read the headers right" "$marked"
exit $outcome
