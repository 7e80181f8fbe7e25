// float16 as files store it: one sign, five bits of exponent, ten of mantissa.
#pragma once
#include <cstdint>
#include <cstring>

namespace uniarm {

/** Plain integer arithmetic: exact, subnormals included, and nothing that a CPU without such numbers lacks. */
inline float halfToFloat(uint16_t half) {
  const uint32_t exponent = half >> 10 & 0x1f, mantissa = half & 0x3ff;
  const float small = static_cast<float>(mantissa) * 5.9604644775390625e-8f;  // 2^-24
  uint32_t bits;
  std::memcpy(&bits, &small, sizeof bits);
  const uint32_t normal = (exponent == 31 ? 255u : exponent + 112) << 23 | mantissa << 13;
  bits = (exponent == 0 ? bits : normal) | static_cast<uint32_t>(half & 0x8000) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/** The float16 numbers that lie at `from`, as a file has them. */
inline void widen(const uint8_t* from, long count, float* to) {
  for (long at = 0; at < count; at++) {
    uint16_t half;
    std::memcpy(&half, from + 2 * at, sizeof half);
    to[at] = halfToFloat(half);
  }
}

/** Rounds to the nearest, ties to even; too large becomes infinite. */
inline uint16_t floatToHalf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t sign = bits >> 16 & 0x8000;
  bits &= 0x7fffffff;
  if (bits > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);
  if (bits >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);
  if (bits < 0x38800000) {  // subnormal: the sum's low bits are the rounded multiple of 2^-24
    float small;
    std::memcpy(&small, &bits, sizeof small);
    small += 0.5f;
    std::memcpy(&bits, &small, sizeof bits);
    return static_cast<uint16_t>(sign | (bits - 0x3f000000));
  }
  bits += 0xfff + (bits >> 13 & 1);
  return static_cast<uint16_t>(sign | (bits - 0x38000000) >> 13);
}

}  // namespace uniarm
