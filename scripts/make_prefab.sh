#!/usr/bin/env bash
# Packs libvkseg.so, built for Android, and its headers as an AAR that CMake finds through Gradle's prefab (docs/use_in/android.md):
#   scripts/make_prefab.sh OUTPUT.aar API-LEVEL NDK-MAJOR-VERSION ABI=libvkseg.so...
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -lt 4 ]; then
    echo "usage: make_prefab.sh OUTPUT.aar API-LEVEL NDK-MAJOR-VERSION ABI=libvkseg.so..." >&2
    exit 2
fi
output=$(realpath "$1") api=$2 ndk=$3
shift 3
version=$(sed -n 's/^project(vkseg VERSION \([0-9.]*\).*/\1/p' "$project/CMakeLists.txt")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

module=$work/prefab/modules/vkseg
mkdir -p "$module/include"
cp -r "$project/include/vkseg" "$module/include"
cat >"$work/AndroidManifest.xml" <<XML
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="org.vkseg">
    <uses-sdk android:minSdkVersion="$api" />
</manifest>
XML
cat >"$work/prefab/prefab.json" <<JSON
{"name": "vkseg", "schema_version": 2, "dependencies": [], "version": "$version"}
JSON
cat >"$module/module.json" <<JSON
{"export_libraries": [], "library_name": "libvkseg"}
JSON
for entry in "$@"; do
    abi=${entry%%=*} library=${entry#*=}
    case $abi in
        arm64-v8a | armeabi-v7a | x86 | x86_64 | riscv64) ;;
        *)
            echo "make_prefab: expected an ABI of Android, such as arm64-v8a=FILE, got '$entry'" >&2
            exit 2
            ;;
    esac
    if [ ! -f "$library" ]; then
        echo "make_prefab: there is no file $library" >&2
        exit 1
    fi
    folder=$module/libs/android.$abi
    mkdir -p "$folder"
    cp -L "$library" "$folder/libvkseg.so"
    cat >"$folder/abi.json" <<JSON
{"abi": "$abi", "api": $api, "ndk": $ndk, "stl": "c++_shared", "static": false}
JSON
done
rm -f "$output"
cd "$work"
cmake -E tar cf "$output" --format=zip AndroidManifest.xml prefab
