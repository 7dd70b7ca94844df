#!/usr/bin/env bash
# Downloads the original sources of Debian packages into a folder: scripts/systems/sources.sh FOLDER PACKAGE... It needs no root
# and changes nothing outside the folder. Exits with 75 if Debian's archive cannot be reached.
set -euo pipefail
mkdir -p "$1"
cd "$1"
shift
apt=$PWD/apt
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/sources"
# Debian's own archive, as this machine is set up to reach it, for sources; security updates come as patches of the same
# sources, which are not needed for a test.
for list in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list; do
    if [ -e "$list" ]; then
        name=${list##*/}
        case $list in
            *.sources) awk -v RS= -v ORS='\n\n' '/debian-archive/ && !/security/' "$list" ;;
            *) grep '^deb .*debian' "$list" | grep -v security || true ;;
        esac | sed 's/^Types: *deb$/Types: deb-src/; s/^deb /deb-src /' >"$apt/sources/${name/%sources.list/debian.list}"
    fi
done
cat >"$apt/apt.conf" <<CONFIGURATION
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Dir::State "$apt/state";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/sources";
CONFIGURATION
export APT_CONFIG=$apt/apt.conf
for command in "update" "source --download-only $*"; do
    # shellcheck disable=SC2086 # words are arguments
    if ! apt-get -qq $command >"$apt/log" 2>&1; then
        cat "$apt/log" >&2
        echo "sources: apt-get $command failed" >&2
        exit 75
    fi
done
rm -rf "$apt"
