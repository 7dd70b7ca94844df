/* Included before everything else: functions and a macro that Bionic has and the C library whose headers stand in for
 * Bionic's lacks. */
#pragma once

#include <limits.h>
#include <locale.h>

#undef ARG_MAX
#define ARG_MAX 131072

#ifdef __cplusplus
extern "C" {
#endif

long long strtoll_l(const char* text, char** end, int base, locale_t locale);
unsigned long long strtoull_l(const char* text, char** end, int base, locale_t locale);

#ifdef __cplusplus
}
#endif
