#!/usr/bin/env bash
# Compares the symbols that the shared library $1 exports with the declarations that the public headers in $2 mark with
# VKSEG_API. $3 is the library's version, "0.1"; if it is given, functions of vkseg.h must have the symbol version VKSEG_0.1,
# all others VKSEG_CPP_0.1, and the library may export nothing else. Without it (linkers without symbol versions), the
# library may also export weak instances of templates.
set -euo pipefail
library=$1
headers=$2
version=${3:-}

# Free functions and classes.
marked_in() {
    sed -nE -e 's/^VKSEG_API [^(]*[ *&]([a-z_0-9]+)\(.*/\1/p' -e 's/^(class|struct) VKSEG_API ([A-Za-z0-9]+).*/\2/p' "$@" | sort -u
}
# Prints the free functions and classes of demangled symbols: "vkseg::Graph::add_value(…)" gives Graph, and
# "vkseg::load_model(…)" load_model.
names() { sed -E -e 's/^vkseg:://' -e 's/(\[abi:[a-z0-9]+\])?\(.*//' -e 's/::.*//' | sort -u; }

outcome=0
report() { # FAULT NAMES
    if [ -n "$2" ]; then
        echo "exports: $1:" $2 >&2
        outcome=1
    fi
}
compare() { # MARKED EXPORTED
    report "marked with VKSEG_API, but not exported" "$(comm -23 <(echo "$1") <(echo "$2"))"
    report "exported, but not marked with VKSEG_API" "$(comm -13 <(echo "$1") <(echo "$2"))"
}

symbols=$(nm -D --defined-only "$library" | sed -E 's/^[0-9a-f]+ //')
if [ -n "$version" ]; then
    of_version() { sed -nE "s/^[^AWVu] (.*)@@$1$/\1/p" <<<"$symbols"; }
    compare "$(marked_in "$headers"/*.h)" "$(of_version "VKSEG_$version" | names)"
    compare "$(marked_in "$headers"/*.hpp)" "$(of_version "VKSEG_CPP_$version" | c++filt | names)"
    report "instances of templates that are exported, and lack VKSEG_HIDDEN" "$(sed -nE 's/^[WVu] (.*)@@.*/\1/p' <<<"$symbols" | c++filt -p)"
    report "exported without the library's version" "$(grep -vE "^A |@@VKSEG_(CPP_)?$version\$" <<<"$symbols" || true)"
else
    compare "$(marked_in "$headers"/*.hpp "$headers"/*.h)" \
        "$(grep -v '^A ' <<<"$symbols" | sed -E 's/@.*//' | c++filt | grep -Ev '^[WVu] ' | sed -E 's/^[A-Za-z] //' | names)"
fi
report "members of nested classes that are exported" \
    "$(sed -E -e 's/^[A-Za-z] //' -e 's/@.*//' <<<"$symbols" | c++filt | sed -nE 's/^(vkseg::[A-Za-z0-9]+::[A-Za-z0-9]+::[^(]*)\(.*/\1/p')"
report "functions of public headers without VKSEG_API" \
    "$(grep -hE '^[A-Za-z].*[ *&][a-z_0-9]+\(' "$headers"/*.hpp "$headers"/*.h | grep -vE '^(VKSEG_API|inline|constexpr|template|friend|class|struct|typedef) ' || true)"
[ "$(marked_in "$headers"/*.hpp "$headers"/*.h | wc -l)" -ge 20 ] || report "expected at least 20 declarations with VKSEG_API, got" "$(marked_in "$headers"/*.hpp "$headers"/*.h)"
exit $outcome
