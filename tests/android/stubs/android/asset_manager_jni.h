/* The declaration of the NDK's android/asset_manager_jni.h that the example uses, enough to compile it. */
#pragma once

#include "../jni.h"
#include "asset_manager.h"

extern "C" AAssetManager* AAssetManager_fromJava(JNIEnv* env, jobject manager);
