# An overlay port, which builds the tree that it lies in.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS feature_options
    FEATURES
        descriptions VKSEG_DESCRIPTIONS
        onnx VKSEG_ONNX
        safetensors VKSEG_SAFETENSORS
        software-devices VKSEG_SOFTWARE_DEVICES
        tflite VKSEG_TFLITE
        zoo VKSEG_ZOO
)
set(kind shared)
if(VCPKG_LIBRARY_LINKAGE STREQUAL "static")
    set(kind static)
endif()
foreach(tool IN ITEMS flatbuffers glslang shaderc zstd)
    vcpkg_add_to_path("${CURRENT_HOST_INSTALLED_DIR}/tools/${tool}")
endforeach()

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${feature_options}
        -DVKSEG_BUILD_CLI=OFF
        -DVKSEG_BUILD_TESTS=OFF
        -DVKSEG_INSTALL_KINDS=${kind}
)
vcpkg_cmake_install()
vcpkg_copy_pdbs()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/vkseg)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE
    "${CURRENT_PACKAGES_DIR}/debug/include"
    "${CURRENT_PACKAGES_DIR}/debug/share"
    "${CURRENT_PACKAGES_DIR}/share/doc"
)
file(INSTALL "${CURRENT_PORT_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE" "${SOURCE_PATH}/scripts/packaging/copyright")
