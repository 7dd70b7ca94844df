# Packages, for cpack: Debian's (libvkseg0.1, libvkseg-dev and vkseg-tools) and one archive with everything.
#   cmake --workflow --preset package
# DEBFULLNAME and DEBEMAIL in the environment name the maintainer of Debian's packages.
set(CPACK_PACKAGE_NAME vkseg)
set(CPACK_PACKAGE_VENDOR "the vkseg authors")
set(CPACK_PACKAGE_CONTACT "the vkseg authors <nobody@invalid>")
if(DEFINED ENV{DEBFULLNAME} AND DEFINED ENV{DEBEMAIL})
    set(CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
endif()
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
string(TOLOWER ${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR} system)
set(CPACK_PACKAGE_FILE_NAME vkseg-${PROJECT_VERSION}-${system})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL runtime dev)
if(TARGET vkseg_cli)
    list(APPEND CPACK_COMPONENTS_ALL tools)
endif()
set(CPACK_GENERATOR TGZ)
if(WIN32)
    set(CPACK_GENERATOR ZIP)
endif()

find_program(VKSEG_DPKG_SHLIBDEPS dpkg-shlibdeps)
if(CMAKE_SYSTEM_NAME STREQUAL Linux AND VKSEG_DPKG_SHLIBDEPS)
    list(APPEND CPACK_GENERATOR DEB)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
# The loader is opened at run time, so that dpkg-shlibdeps does not find this dependency.
set(loader libvulkan1)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(about "vkseg loads ONNX networks and computes masks of pictures with Vulkan
compute shaders, on any device with a Vulkan 1.1 driver.")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libvkseg${soversion})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS ${loader})
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "semantic segmentation on any Vulkan device - shared library\n${about}
\nThis package has the shared library.")
set(control ${CMAKE_CURRENT_BINARY_DIR}/debian)
file(WRITE ${control}/shlibs "libvkseg ${soversion} libvkseg${soversion} (>= ${PROJECT_VERSION})\n")
file(WRITE ${control}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/triggers)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libvkseg-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libvkseg${soversion} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), libzstd-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION "semantic segmentation on any Vulkan device - development files\n${about}
\nThis package has the headers for C and C++, the static library, and files
for CMake and pkg-config.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME vkseg-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS ${loader})
set(CPACK_DEBIAN_TOOLS_DESCRIPTION "semantic segmentation on any Vulkan device - program\n${about}
\nThis package has the program vkseg, which segments pictures, compares masks,
and checks and times networks, and two small networks that find people.")

# Adds the documents that Debian asks for.
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/scripts/packaging/debian_documents.cmake)
set(CPACK_VKSEG_SOURCE_DIR ${PROJECT_SOURCE_DIR})

include(CPack)
