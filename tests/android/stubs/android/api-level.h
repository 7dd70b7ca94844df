/* FlatBuffers includes the NDK's android/api-level.h for __ANDROID_API__, which Clang defines from its target too. */
#pragma once
