#!/usr/bin/env bash
# Builds the C libraries that the program needs, for systems for which Debian has no packages of them, from Debian's sources, into
# FOLDER/include and FOLDER/lib: scripts/systems/c_libraries.sh FOLDER ARCHIVER COMPILER... (with options). The libraries are
# zstd's decoder, zlib and libpng. A folder that was made before is kept. Exits with 75 if Debian's archive cannot be reached.
set -euo pipefail
folder=$1 archiver=$2
compiler=("${@:3}")
if [ -e "$folder/c_libraries" ]; then
    exit 0
fi
mkdir -p "$folder/include" "$folder/lib"
folder=$(cd "$folder" && pwd)
work=$folder/c_sources
rm -rf "$work"
"$(dirname "$0")/sources.sh" "$work" libzstd libpng1.6 zlib
cd "$work"
mkdir zstd png z
tar xf libzstd_*.orig.tar.?z -C zstd --strip-components 1
tar xf libpng1.6_*.orig.tar.?z -C png --strip-components 1
tar xf zlib_*.orig.tar.* -C z --strip-components 1
cp png/scripts/pnglibconf.h.prebuilt png/pnglibconf.h
cp zstd/lib/zstd*.h z/zlib.h z/zconf.h png/png.h png/pngconf.h png/pnglibconf.h "$folder/include"

compile() { # library, option and sources
    mkdir "objects_$1"
    (cd "objects_$1" && printf '%s\n' "${@:3}" | xargs -P2 -n4 "${compiler[@]}" -O1 -w -I"$work/z" "$2" -c)
    "$archiver" rcs "$folder/lib/lib$1.a" "objects_$1"/*.o
}
compile zstd -DZSTD_DISABLE_ASM "$work"/zstd/lib/common/{entropy_common,error_private,fse_decompress,xxhash,zstd_common}.c \
    "$work"/zstd/lib/decompress/*.c
compile z -DNO_GZIP "$work"/z/{adler32,compress,crc32,deflate,inffast,inflate,inftrees,trees,zutil}.c
compile png -DPNG_INTEL_SSE_OPT=0 "$work"/png/png{,error,get,mem,pread,read,rio,rtran,rutil,set,trans,wio,write,wtran,wutil}.c
rm -rf "$work"
touch "$folder/c_libraries"
