#!/usr/bin/env bash
# Unpacks Debian packages of another architecture, with all that they need to run, into a folder: scripts/systems/sysroot.sh
# ARCHITECTURE FOLDER PACKAGE... It needs no root and changes nothing outside the folder. The C library's headers are left
# out, unless libc6-dev is named. A folder that was made from the same packages is kept. Exits with 75 if Debian's
# archive cannot be reached.
set -euo pipefail
architecture=$1 folder=$2
shift 2

made_from="$architecture $*"
if [ "$(cat "$folder/made_from" 2>/dev/null)" = "$made_from" ]; then
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
apt=$folder/apt
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
touch "$apt/status"
cat >"$apt/apt.conf" <<CONFIGURATION
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
CONFIGURATION
export APT_CONFIG=$apt/apt.conf
for command in "update" "install --yes --download-only $*"; do
    # shellcheck disable=SC2086 # words are arguments
    if ! apt-get -qq $command >"$apt/log" 2>&1; then
        cat "$apt/log" >&2
        echo "sysroot: apt-get $command failed for $architecture" >&2
        exit 75
    fi
done
if [[ " $* " != *" libc6-dev "* ]]; then
    rm -f "$apt"/cache/archives/{libc6-dev,linux-libc-dev,libcrypt-dev}_*.deb
fi
for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$folder"
done
rm -rf "$apt"
echo "$made_from" >"$folder/made_from"
