// SPDX-License-Identifier: MIT
// Parses numbers in text, without libc. Each function reads one between `at` and `end`, skips spaces
// before it, and returns where it ends, or NULL if there is none.
#ifndef SENSORD_DECIMAL_H
#define SENSORD_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_MAX_DIGITS 18 // fit 63 bits
#define DECIMAL_MAX_EXPONENT 400

static inline bool decimal_is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static inline const char *decimal_skip_spaces(const char *at, const char *end) {
    while (at < end && decimal_is_space(*at)) {
        at++;
    }
    return at;
}

static inline bool decimal_is_digit(const char *at, const char *end) {
    return at < end && (unsigned char)(*at - '0') < 10;
}

static inline const char *decimal_sign(const char *at, const char *end, bool *negative) {
    *negative = at < end && *at == '-';
    return at < end && (*at == '-' || *at == '+') ? at + 1 : at;
}

static inline const char *decimal_integer(const char *at, const char *end, int64_t *value) {
    bool negative;
    at = decimal_sign(decimal_skip_spaces(at, end), end, &negative);
    const char *digits = at;
    int64_t magnitude = 0;
    while (decimal_is_digit(at, end)) {
        if (at - digits == DECIMAL_MAX_DIGITS) {
            return NULL;
        }
        magnitude = magnitude * 10 + (*at++ - '0');
    }
    *value = negative ? -magnitude : magnitude;
    return at > digits ? at : NULL;
}

// The result is exact if the digits fit 53 bits and the exponent is at most 22.
static inline double decimal_scale(double value, int32_t exponent) {
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    for (; exponent > 22; exponent -= 22) {
        value *= 1e22;
    }
    for (; exponent < -22; exponent += 22) {
        value /= 1e22;
    }
    return exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
}

static inline const char *decimal_number(const char *at, const char *end, double *value) {
    bool negative;
    at = decimal_sign(decimal_skip_spaces(at, end), end, &negative);
    int64_t magnitude = 0;
    int32_t exponent = 0, n_digits = 0;
    bool point = false, found = false;
    for (;; at++) {
        if (decimal_is_digit(at, end)) {
            found = true;
            // Leading zeros do not count as digits; digits beyond the limit only count for the magnitude.
            if (n_digits < DECIMAL_MAX_DIGITS) {
                magnitude = magnitude * 10 + (*at - '0');
                n_digits += magnitude > 0;
                exponent -= point;
            } else {
                exponent += !point && exponent < DECIMAL_MAX_EXPONENT;
            }
        } else if (at < end && *at == '.' && !point) {
            point = true;
        } else {
            break;
        }
        if (exponent < -DECIMAL_MAX_EXPONENT) {
            return NULL;
        }
    }
    if (found && at < end && (*at == 'e' || *at == 'E')) {
        int64_t power;
        at = decimal_is_space(at + 1 < end ? at[1] : ' ') ? NULL : decimal_integer(at + 1, end, &power);
        if (at == NULL) {
            return NULL;
        }
        power = power > DECIMAL_MAX_EXPONENT    ? DECIMAL_MAX_EXPONENT
                : power < -DECIMAL_MAX_EXPONENT ? -DECIMAL_MAX_EXPONENT
                                                : power;
        exponent += (int32_t)power;
    }
    *value = decimal_scale(negative ? -(double)magnitude : (double)magnitude, exponent);
    return found ? at : NULL;
}

#endif
