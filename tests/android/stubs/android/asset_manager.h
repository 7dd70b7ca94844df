/* The few declarations of the NDK's android/asset_manager.h that the example uses, enough to compile it. */
#pragma once

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct AAssetManager AAssetManager;
typedef struct AAsset AAsset;
enum
{
    AASSET_MODE_BUFFER = 3
};

AAsset* AAssetManager_open(AAssetManager* manager, const char* name, int mode);
const void* AAsset_getBuffer(AAsset* asset);
off64_t AAsset_getLength64(AAsset* asset);
void AAsset_close(AAsset* asset);

#ifdef __cplusplus
}
#endif
