# shellcheck shell=bash
# To be sourced: lets the Vulkan loader see SwiftShader, which Debian ships inside chromium without announcing it, beside
# every driver that the loader finds by itself. Drivers that somebody has chosen already stay as they are.
swiftshader=/usr/lib/chromium/vk_swiftshader_icd.json
if [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}${VK_ADD_DRIVER_FILES:-}" ]; then
    echo "Vulkan drivers as chosen: ${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-${VK_ADD_DRIVER_FILES:-}}}"
elif [ -e "$swiftshader" ]; then
    export VK_ADD_DRIVER_FILES=$swiftshader
else
    echo "note: $swiftshader is not there (package chromium), so nothing runs on SwiftShader"
fi
