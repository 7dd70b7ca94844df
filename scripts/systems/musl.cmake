# Toolchain for static programs for Linux with musl: Clang with its own runtime library, Debian's musl, and the libraries
# of a folder that musl_libraries.sh made.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER clang)
set(CMAKE_CXX_COMPILER clang++)
set(CMAKE_C_COMPILER_TARGET x86_64-linux-musl)
set(CMAKE_CXX_COMPILER_TARGET x86_64-linux-musl)
include(${CMAKE_CURRENT_LIST_DIR}/sysroot.cmake)
set(CMAKE_SYSROOT ${VKSEG_SYSROOT})
set(CMAKE_CXX_FLAGS_INIT "-nostdinc++ -isystem ${VKSEG_SYSROOT}/include/c++/v1")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wno-unused-command-line-argument -static -stdlib=libc++ -rtlib=compiler-rt -unwindlib=libunwind")
