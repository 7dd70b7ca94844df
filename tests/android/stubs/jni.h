/* The few declarations of Android's jni.h that the example uses, enough to compile it. */
#pragma once

#include <stdint.h>

#define JNIEXPORT __attribute__((visibility("default")))
#define JNICALL

typedef int32_t jint;
typedef int64_t jlong;

class _jobject
{};
class _jstring : public _jobject
{};
typedef _jobject* jobject;
typedef _jobject* jclass;
typedef _jstring* jstring;

struct _JNIEnv
{
    const char* GetStringUTFChars(jstring string, unsigned char* is_copy);
    void ReleaseStringUTFChars(jstring string, const char* characters);
    void* GetDirectBufferAddress(jobject buffer);
    jlong GetDirectBufferCapacity(jobject buffer);
    jclass FindClass(const char* name);
    jint ThrowNew(jclass type, const char* message);
};
typedef _JNIEnv JNIEnv;
