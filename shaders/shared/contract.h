// Included by every header X.h that C++ and GLSL share. These have include guards because GLSL has no #pragma once.
// Their structs hold only int, uint, float and such structs, so that both languages lay them out alike.
#ifndef VKSEG_SHARED_CONTRACT_H
#define VKSEG_SHARED_CONTRACT_H

#ifdef __cplusplus
#include <cstdint>
namespace vkseg::contract {
using uint = std::uint32_t;
}
#define VKSEG_CONTRACT_BEGIN namespace vkseg::contract {
#define VKSEG_CONTRACT_END }
#else
#define VKSEG_CONTRACT_BEGIN
#define VKSEG_CONTRACT_END
#endif

#endif
