/* Included before everything else: functions that Bionic has and the C library whose headers stand in for Bionic's
 * lacks. */
#pragma once

#include <locale.h>

#ifdef __cplusplus
extern "C" {
#endif

long long strtoll_l(const char* text, char** end, int base, locale_t locale);
unsigned long long strtoull_l(const char* text, char** end, int base, locale_t locale);

#ifdef __cplusplus
}
#endif
