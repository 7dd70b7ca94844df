#pragma once

// The schema names an operator ARG_MAX, which is a macro of limits.h with musl and on Android.
#include <climits>
#undef ARG_MAX

#include <tflite/schema_generated.h>
