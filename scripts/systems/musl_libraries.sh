#!/usr/bin/env bash
# Makes the folder that programs for musl are built with: scripts/systems/musl_libraries.sh FOLDER. It links Debian's musl and the
# kernel's headers, and holds LLVM's C++ library with its ABI and its unwinder, compiled from Debian's sources, because Debian
# has no C++ library for musl. A folder that was made before is kept. Exits with 75 if Debian's archive cannot be reached.
set -euo pipefail
folder=$1
if [ -e "$folder/made" ]; then
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder/include/c++" "$folder/lib" "$folder/usr"
folder=$(cd "$folder" && pwd)
ln -s /usr/include/x86_64-linux-musl "$folder/usr/include"
ln -s /usr/lib/x86_64-linux-musl "$folder/usr/lib"
ln -s /usr/include/linux /usr/include/asm-generic /usr/include/x86_64-linux-gnu/asm "$folder/include"

work=$folder/sources
"$(dirname "$0")/sources.sh" "$work" llvm-toolchain-16
cd "$work"
tar xf llvm-toolchain-16_*.orig.tar.xz --strip-components 1 --wildcards '*/lib'{cxx,cxxabi,unwind}/{include,src}
headers=$folder/include/c++/v1
cp -r libcxx/include "$headers"
cp libcxxabi/include/*.h libunwind/include/*.h "$headers"
# Settings of LLVM's own build for musl.
cat >"$headers/__config_site" <<'SETTINGS'
#pragma once
#define _LIBCPP_ABI_VERSION 1
#define _LIBCPP_ABI_NAMESPACE __1
#define _LIBCPP_HAS_MUSL_LIBC
#define _LIBCPP_HAS_THREAD_API_PTHREAD
#define _LIBCPP_HAS_NO_VENDOR_AVAILABILITY_ANNOTATIONS
#define _LIBCPP_ENABLE_ASSERTIONS_DEFAULT 0
SETTINGS

# One source includes most others, so that headers are read once. Four sources declare anew what headers declare, so they stay
# alone. What is left out serves features that the program does not use, and takes long to compile.
alone='condition_variable_destructor|mutex_destructor|memory|system_error'
left_out='debug|legacy_.*|strstream|random_shuffle|bind|format|regex|valarray'
(cd libcxx/src && find . -maxdepth 1 -name '*.cpp') | grep -vE "/($alone|$left_out)\.cpp" | sort | sed 's:.*:#include "libcxx/src/&":' >cxx.cpp
printf '#include "libcxx/src/filesystem/%s.cpp"\n' operations directory_iterator >>cxx.cpp
find libcxx/src/ryu -name '*.cpp' | sed 's/.*/#include "&"/' >>cxx.cpp
find libcxxabi/src -name '*.cpp' ! -name cxa_noexception.cpp | sort | sed 's/.*/#include "&"/' >cxxabi.cpp
compile() { # compiler with options, and sources
    # shellcheck disable=SC2086 # words are arguments
    printf '%s\n' "${@:2}" | xargs -P2 -n1 $1 --target=x86_64-linux-musl --sysroot="$folder" -w -I. -Ilibcxx/src -Ilibunwind/include \
        -D_LIBCPP_BUILDING_LIBRARY -D_LIBCXXABI_BUILDING_LIBRARY -DLIBCXX_BUILDING_LIBCXXABI -D_LIBUNWIND_IS_NATIVE_ONLY -c
}
cxx="clang++ -std=c++20 -nostdinc++ -isystem $headers"
compile "$cxx" cxx.cpp cxxabi.cpp libcxx/src/{condition_variable_destructor,mutex_destructor,memory,system_error}.cpp
ar rcs "$folder/lib/libc++.a" ./*.o
rm ./*.o
compile "$cxx -fno-exceptions -fno-rtti" libunwind/src/libunwind.cpp
compile "clang -fexceptions" libunwind/src/UnwindLevel1{,-gcc-ext}.c libunwind/src/UnwindRegisters{Save,Restore}.S
ar rcs "$folder/lib/libunwind.a" ./*.o
cd "$folder"
rm -rf "$work"
touch made
