#!/usr/bin/env bash
# Packs the build folder $1 of the project $2, unpacks the packages into empty folders, and uses them from there: the program
# on a photo, and a C program that is linked with the library and loads it.
set -euo pipefail
build=$(cd "$1" && pwd)
project=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "packages: $*" >&2
    exit 1
}

cd "$work"
cpack --config "$build/CPackConfig.cmake" -B "$work" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

check() { # ROOT: usr/ of an installation of everything
    local file
    for file in bin/vkseg share/vkseg/models/{selfie.onnx,NOTICE,LICENSE-2.0.txt} include/vkseg/vkseg.h; do
        [ -e "$1/$file" ] || fail "expected $file in $1, found none"
    done
    "$1/bin/vkseg" segment "$1/share/vkseg/models/selfie.onnx" "$project/samples/data/astronaut.png" -o "$work/out" >/dev/null
    [ -s "$work/out/astronaut_mask.png" ] || fail "the program wrote no mask"
    local pc
    pc=$(dirname "$(find "$1" -name vkseg.pc)")
    printf '#include <stdio.h>\n#include <vkseg/vkseg.h>\nint main(void) { return puts(vkseg_version()) < 0; }\n' >version.c
    # shellcheck disable=SC2046
    cc version.c $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs vkseg) -o version
    [ "$(LD_LIBRARY_PATH=$(dirname "$pc") ./version)" = "$version" ] || fail "expected version $version"
    rm -r out version
}

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:.*=//p' "$build/CMakeCache.txt")
mkdir archive
tar -C archive --strip-components=1 -xzf vkseg-*.tar.gz
check archive
[ -s archive/share/doc/vkseg/copyright ] || fail "the archive has no copyright file"
for command in $(archive/bin/vkseg --help | sed -n '/^Subcommands/,$s/^  \([a-z]*\) .*/\1/p'); do
    grep -qx "\.B $command" archive/share/man/man1/vkseg.1 || fail "scripts/packaging/vkseg.1 lacks the command $command"
done

if ! ls ./*.deb >/dev/null 2>&1; then
    echo "packages: no dpkg-shlibdeps (package dpkg-dev), so Debian's packages were not made"
    exit 0
fi
for package in "libvkseg${version%.*}" libvkseg-dev vkseg-tools; do
    mkdir -p "alone/$package" debian
    dpkg-deb -x "$package"_*.deb "alone/$package"
    [ -s "alone/$package/usr/share/doc/$package/copyright" ] || fail "$package has no copyright file"
    dpkg-deb -f "$package"_*.deb Depends | grep -Eq 'libvulkan1|libvkseg' || fail "$package depends neither on the loader nor on the library"
    cp -r "alone/$package/usr" debian
done
[ "$(cd alone && find libvkseg[0-9]* -name 'libvkseg*' ! -type d | wc -l)" -eq 2 ] || fail "expected the library and its link in libvkseg${version%.*}"
[ -z "$(find alone -type f | sed 's#^alone/[^/]*/##' | sort | uniq -d)" ] || fail "two packages have the same file"
check debian/usr
