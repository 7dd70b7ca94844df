# shellcheck shell=bash
# To be sourced. Adds SwiftShader, which Debian ships inside the package chromium without registering it, to the drivers
# that the Vulkan loader finds. Changes nothing if the environment already chooses drivers.
swiftshader=/usr/lib/chromium/vk_swiftshader_icd.json
if [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}${VK_ADD_DRIVER_FILES:-}" ]; then
    echo "Vulkan drivers chosen by the environment: ${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-${VK_ADD_DRIVER_FILES:-}}}"
elif [ -e "$swiftshader" ]; then
    export VK_ADD_DRIVER_FILES=$swiftshader
else
    echo "note: $swiftshader is missing (package chromium), so nothing runs on SwiftShader"
fi
