# shellcheck shell=bash
# To be sourced. Prints the Nth block of code in a language that a page shows: block PAGE LANGUAGE N
block() {
    awk -v fence="\`\`\`$2" -v wanted="$3" '
        /^```/ { is_open = !is_open; inside = is_open && $0 == fence && ++count == wanted; next }
        inside { print; found = 1 }
        END { exit !found }' "$1" || { echo "$1 has no block $3 of $2" >&2; return 1; }
}
