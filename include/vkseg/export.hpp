#pragma once

/// Marks what a shared libvkseg shows to its users; everything else is hidden. On Windows, users of the shared library
/// define VKSEG_SHARED; CMake's target vkseg::vkseg_shared does so.
#if !defined(_WIN32)
#define VKSEG_API __attribute__((visibility("default")))
#elif defined(VKSEG_BUILDING)
#define VKSEG_API __declspec(dllexport)
#elif defined(VKSEG_SHARED)
#define VKSEG_API __declspec(dllimport)
#else
#define VKSEG_API
#endif
