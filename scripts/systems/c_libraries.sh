#!/usr/bin/env bash
# Builds what the program needs on Windows and Debian has no package of, from Debian's sources, into FOLDER/include and
# FOLDER/lib: scripts/systems/windows_libraries.sh FOLDER. That is zstd's decoder and libpng; zlib is Debian's libz-mingw-w64-dev.
# Exits with 75 if Debian's archive cannot be reached.
set -euo pipefail
folder=$1
if [ -e "$folder/made" ]; then
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder/include" "$folder/lib"
folder=$(cd "$folder" && pwd)
apt=$folder/apt
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
cd "$apt"
for command in "update" "source --download-only libzstd libpng1.6"; do
    # shellcheck disable=SC2086 # words are arguments
    if ! apt-get -qq $command >log 2>&1; then
        cat log >&2
        echo "windows_libraries: apt-get $command failed" >&2
        exit 75
    fi
done
mkdir zstd png
tar xf libzstd_*.orig.tar.?z -C zstd --strip-components 1
tar xf libpng1.6_*.orig.tar.?z -C png --strip-components 1
cp png/scripts/pnglibconf.h.prebuilt png/pnglibconf.h

compile() { # library, options and sources
    mkdir "objects_$1"
    (cd "objects_$1" && printf '%s\n' "${@:3}" | xargs -P2 -n4 x86_64-w64-mingw32-gcc-posix -O1 -c $2)
    x86_64-w64-mingw32-ar rcs "$folder/lib/lib$1.a" "objects_$1"/*.o
}
compile zstd -DZSTD_DISABLE_ASM "$apt"/zstd/lib/common/{entropy_common,error_private,fse_decompress,xxhash,zstd_common}.c \
    "$apt"/zstd/lib/decompress/*.c
compile png -DPNG_INTEL_SSE_OPT=0 "$apt"/png/png{,error,get,mem,pread,read,rio,rtran,rutil,set,trans,wio,write,wtran,wutil}.c
cp zstd/lib/zstd*.h png/png.h png/pngconf.h png/pnglibconf.h "$folder/include"
rm -rf "$apt"
touch "$folder/made"
