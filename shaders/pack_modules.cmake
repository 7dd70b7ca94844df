# Compresses SPIR-V modules into a pack, a C++ source that shader_list.cpp includes:
#   cmake -DPACK=conv_0 "-DMODULES=a.spv;b.spv" "-DNAMES=a;b" -DZSTD=/usr/bin/zstd -DOUTPUT=conv_0.inc -P pack_modules.cmake
set(words 0)
foreach(module IN LISTS MODULES)
    file(SIZE ${module} bytes)
    math(EXPR words "${words} + ${bytes} / 4")
    string(APPEND ends " ${words},")
endforeach()

execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${MODULES} OUTPUT_FILE ${OUTPUT}.words COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${ZSTD} --quiet --force -19 ${OUTPUT}.words -o ${OUTPUT}.zst COMMAND_ERROR_IS_FATAL ANY)
file(READ ${OUTPUT}.zst compressed HEX)
file(REMOVE ${OUTPUT}.words ${OUTPUT}.zst)
string(REGEX REPLACE "(................................)" "\\1\n" compressed "${compressed}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," compressed "${compressed}")
file(WRITE ${OUTPUT} "constexpr std::string_view modules_of_${PACK} = \"${NAMES}\";
constexpr uint32_t ends_of_${PACK}[] = {${ends}};
constexpr unsigned char bytes_of_${PACK}[] = {
${compressed}};
constexpr ShaderPack pack_${PACK} = {ends_of_${PACK}, bytes_of_${PACK}};
")
