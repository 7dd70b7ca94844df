# Compiles the kernels of one shader and packs them, compressed, into X.inc, a C++ source that shader_list.cpp includes:
#   cmake -DSHADER=X.comp -DGENERATED=folder -DGLSLC=… -DZSTD=… [-DSHRINK=spirv-opt] [-DSPIRV_REMAP=… | -DSPIRV_OPT=…] -P compile_shader.cmake
# X.cmake in the folder, which CMakeLists.txt writes, lists the packs and their modules, NAME_STORAGE, with the macros of each.
# One run of the compiler compiles all modules: it takes 0.1 s to start, and a few milliseconds per module.
get_filename_component(stem ${SHADER} NAME_WE)
set(shaders ${CMAKE_CURRENT_LIST_DIR})
include(${GENERATED}/${stem}.cmake)

# The command line defines macros for all files alike, so each module has a source of its own that defines them after the first
# line.
file(READ ${SHADER} text)
if(NOT text MATCHES "^#version 450\n")
    message(FATAL_ERROR "${SHADER}: expected '#version 450' as the first line")
endif()
set(modules "")
set(sources "")
set(remapped "")
foreach(pack IN LISTS packs)
    foreach(module IN LISTS modules_of_${pack})
        set(definitions "${macros_of_${module}}")
        list(TRANSFORM definitions PREPEND "#define ")
        list(TRANSFORM definitions REPLACE "=" " ")
        list(JOIN definitions "\n" definitions)
        string(REPLACE "#version 450\n" "#version 450\n#extension GL_GOOGLE_include_directive : require
${definitions}\n#line 2 \"${SHADER}\"\n" source "${text}")
        file(WRITE ${GENERATED}/${module}.glsl "${source}")
        list(APPEND modules ${module})
        list(APPEND sources ${module}.glsl)
        if(NOT macros_of_${module} MATCHES "MATRICES_|PACKED_DOT") # spirv-remap does not know their instructions
            list(APPEND remapped ${module}.spv)
        endif()
    endforeach()
endforeach()

function(run program)
    execute_process(COMMAND ${program} ${ARGN} WORKING_DIRECTORY ${GENERATED} RESULT_VARIABLE failure)
    if(failure)
        message(FATAL_ERROR "${SHADER}: ${program} failed (${failure})")
    endif()
endfunction()

run(${GLSLC} -c -MD --target-env=vulkan1.1 -fshader-stage=compute -I${shaders} ${sources})
if(SHRINK)
    foreach(module IN LISTS modules)
        run(${SHRINK} -Os ${module}.spv -o ${module}.spv)
    endforeach()
endif()
if(SPIRV_REMAP AND remapped)
    run(${SPIRV_REMAP} --map all --dce all --strip all --input ${remapped} --output .)
elseif(SPIRV_OPT)
    foreach(module IN LISTS modules)
        run(${SPIRV_OPT} --strip-debug --canonicalize-ids ${module}.spv -o ${module}.spv)
    endforeach()
endif()

set(text "")
foreach(pack IN LISTS packs)
    set(words 0)
    set(ends "")
    list(TRANSFORM modules_of_${pack} APPEND .spv OUTPUT_VARIABLE files)
    foreach(file IN LISTS files)
        file(SIZE ${GENERATED}/${file} bytes)
        math(EXPR words "${words} + ${bytes} / 4")
        string(APPEND ends " ${words},")
    endforeach()
    execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${files} OUTPUT_FILE ${pack}.words WORKING_DIRECTORY ${GENERATED}
                    COMMAND_ERROR_IS_FATAL ANY)
    run(${ZSTD} --quiet --force -19 ${pack}.words -o ${pack}.zst)
    file(READ ${GENERATED}/${pack}.zst bytes HEX)
    file(REMOVE ${GENERATED}/${pack}.words ${GENERATED}/${pack}.zst)
    string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND text "constexpr std::string_view modules_of_${pack} = \"${modules_of_${pack}}\";
constexpr uint32_t ends_of_${pack}[] = {${ends}};
constexpr unsigned char bytes_of_${pack}[] = {
${bytes}};
constexpr ShaderPack pack_${pack} = {ends_of_${pack}, bytes_of_${pack}};
")
endforeach()
file(WRITE ${GENERATED}/${stem}.inc "${text}")

# Includes of the modules, as one line for the build tool.
set(included "")
foreach(module IN LISTS modules)
    file(READ ${GENERATED}/${module}.spv.d line)
    string(REGEX REPLACE "^[^:]*: *[^ ]+ *" "" line "${line}") # the module and its source
    string(REGEX MATCHALL "([^ \n\\]|\\\\.)+" files "${line}")
    list(APPEND included ${files})
endforeach()
list(REMOVE_DUPLICATES included)
list(JOIN included " " included)
file(WRITE ${GENERATED}/${stem}.d "${GENERATED}/${stem}.inc: ${included}\n")
