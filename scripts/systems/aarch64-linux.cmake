# Toolchain for 64-bit ARM Linux with Debian's cross compiler, and the libraries of a folder that sysroot.sh made:
#   cmake --preset aarch64     (VKSEG_SYSROOT names the folder)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/sysroot.cmake)
set(headers_of_architecture "-isystem ${VKSEG_SYSROOT}/usr/include/aarch64-linux-gnu") # which CMake's modules do not name
set(CMAKE_C_FLAGS_INIT "${headers_of_architecture}")
set(CMAKE_CXX_FLAGS_INIT "${headers_of_architecture} -Wno-psabi") # of changes between versions of GCC
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${VKSEG_SYSROOT})
# Libraries of libraries, which the linker only looks into.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${VKSEG_SYSROOT}/usr/lib/aarch64-linux-gnu:${VKSEG_SYSROOT}/lib/aarch64-linux-gnu")
