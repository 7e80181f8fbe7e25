// The numbers of a block that come nearest to 32 given ones, as GGUF stores them.
#pragma once
#include <cmath>
#include <cstring>

#include "blocks.h"

namespace uniarm {

inline void putHalf(uint8_t* to, uint16_t half) { std::memcpy(to, &half, sizeof half); }

inline long nearest(float value, long lowest, long highest) {
  const float bounded = std::fmin(std::fmax(value, static_cast<float>(lowest)), static_cast<float>(highest));
  return std::lrint(bounded);
}

/** A scale that float16 holds; rounding it first and the numbers after it loses less than the other way round. */
inline float roundedHalf(float value, uint8_t* to) {
  const uint16_t half = floatToHalf(value);
  putHalf(to, half);
  return halfToFloat(half);
}

inline void fitEight(const float* x, uint8_t* to) {
  float largest = 0;
  for (long at = 0; at < kBlock; at++) largest = std::fmax(largest, std::fabs(x[at]));
  const float scale = roundedHalf(largest / 127, to), inverse = scale > 0 ? 1 / scale : 0;
  for (long at = 0; at < kBlock; at++) to[2 + at] = static_cast<uint8_t>(nearest(x[at] * inverse, -127, 127));
}

inline void putFours(const long* values, uint8_t* to) {
  constexpr long kHalf = kBlock / 2;
  for (long at = 0; at < kHalf; at++) to[at] = static_cast<uint8_t>(values[at] | values[at + kHalf] << 4);
}

/** Q4_0: the number of largest size becomes -8. */
inline void fitFour(const float* x, uint8_t* to) {
  float extreme = 0;
  for (long at = 0; at < kBlock; at++)
    if (std::fabs(x[at]) > std::fabs(extreme)) extreme = x[at];
  const float scale = roundedHalf(extreme / -8, to), inverse = scale != 0 ? 1 / scale : 0;
  long values[kBlock];
  for (long at = 0; at < kBlock; at++) values[at] = nearest(x[at] * inverse + 8, 0, 15);
  putFours(values, to + 2);
}

/** Squared error of a block with this scale and minimum, as float16 holds them; the block itself where `to` is given. */
inline float errorOfFour(const float* x, float wantedScale, float wantedMinimum, uint8_t* to) {
  const float scale = roundedHalf(wantedScale, to), minimum = roundedHalf(wantedMinimum, to + 2);
  const float inverse = scale > 0 ? 1 / scale : 0;
  long values[kBlock];
  float error = 0;
  for (long at = 0; at < kBlock; at++) {
    values[at] = nearest((x[at] - minimum) * inverse, 0, 15);
    const float off = x[at] - (scale * static_cast<float>(values[at]) + minimum);
    error += off * off;
  }
  putFours(values, to + 4);
  return error;
}

/**
 * Q4_1. From the whole range of the numbers to parts of it (a few extreme ones are cut, the many are nearer), each with the
 * scale and minimum of least squares for the numbers it gives; the best is kept.
 */
inline void fitFourWithMinimum(const float* x, uint8_t* to) {
  constexpr int kTries = 8;
  float low = x[0], high = x[0];
  for (long at = 1; at < kBlock; at++) low = std::fmin(low, x[at]), high = std::fmax(high, x[at]);
  float best = errorOfFour(x, (high - low) / 15, low, to);
  if (!(high > low)) return;
  for (int attempt = 0; attempt < kTries; attempt++) {
    const float scale = (high - low) / (14.5f + 0.4f * static_cast<float>(attempt)), middle = (high + low) / 2;
    const float minimum = middle - 7.5f * scale;
    float sum = 0, squares = 0, sumX = 0, product = 0;
    for (long at = 0; at < kBlock; at++) {
      const float value = static_cast<float>(nearest((x[at] - minimum) / scale, 0, 15));
      sum += value, squares += value * value, sumX += x[at], product += value * x[at];
    }
    const float spread = kBlock * squares - sum * sum;
    if (!(spread > 0)) continue;
    const float fitted = (kBlock * product - sum * sumX) / spread;
    if (!(fitted > 0)) continue;
    uint8_t made[kFileBytes[kQ4_1]];
    const float error = errorOfFour(x, fitted, (sumX - fitted * sum) / kBlock, made);
    if (error < best) {
      best = error;
      std::memcpy(to, made, sizeof made);
    }
  }
}

/** One block of GGUF's bytes. @returns false where a number, or the scale that it would need, is not finite */
inline bool fitBlock(long format, const float* x, uint8_t* to) {
  constexpr float kLargestHalf = 65504;
  for (long at = 0; at < kBlock; at++)
    if (!(std::fabs(x[at]) <= kLargestHalf)) return false;
  if (format == kQ8_0) fitEight(x, to);
  else if (format == kQ4_0) fitFour(x, to);
  else fitFourWithMinimum(x, to);
  return true;
}

}  // namespace uniarm
