#pragma once

/// Marks the public symbols of a shared libvkseg; all others are hidden. On Windows, users of the shared library define
/// VKSEG_SHARED; CMake's target vkseg::vkseg_shared does so.
///
///     class VKSEG_API Session;
///     VKSEG_API Result<Graph> load_model(const std::filesystem::path& path);
#if !defined(_WIN32)
#define VKSEG_API __attribute__((visibility("default")))
#elif defined(VKSEG_BUILDING)
#define VKSEG_API __declspec(dllexport)
#elif defined(VKSEG_SHARED)
#define VKSEG_API __declspec(dllimport)
#else
#define VKSEG_API
#endif

/// Hides a member of an exported class.
#if !defined(_WIN32)
#define VKSEG_HIDDEN __attribute__((visibility("hidden")))
#else
#define VKSEG_HIDDEN
#endif
