#pragma once

/// Marks what a shared libvkseg shows to its users; everything else is hidden.
#if defined(_WIN32) && defined(VKSEG_SHARED)
#if defined(VKSEG_BUILDING)
#define VKSEG_API __declspec(dllexport)
#else
#define VKSEG_API __declspec(dllimport)
#endif
#elif defined(_WIN32)
#define VKSEG_API
#else
#define VKSEG_API __attribute__((visibility("default")))
#endif
