// Written from the instruction set's manual and never run: no such machine was at hand.
#include "block-path.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace uniarm {
namespace neon {

constexpr int kParts = 2, kTile = 2;
/** Eight rows, the products of their two columns apart until the end of a block. */
struct Sums {
  int32x4_t of[4];
};
struct Line {
  int16x8_t of[2];
};
typedef int16x8_t Pair;
static inline Sums zero() {
  return {{vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)}};
}
static inline Line line(const int16_t* from) { return {{vld1q_s16(from), vld1q_s16(from + 8)}}; }
static inline Pair pair(const int16_t* from) {
  int32_t both;
  std::memcpy(&both, from, sizeof both);
  return vreinterpretq_s16_s32(vdupq_n_s32(both));
}
static inline Sums dot(Sums sums, Line line, Pair both) {
  for (int part = 0; part < 2; part++) {
    sums.of[2 * part] = vmlal_s16(sums.of[2 * part], vget_low_s16(line.of[part]), vget_low_s16(both));
    sums.of[2 * part + 1] = vmlal_high_s16(sums.of[2 * part + 1], line.of[part], both);
  }
  return sums;
}
static inline void addScaled(float* to, const Sums& sums, const float* scales, float factor) {
  for (int part = 0; part < 2; part++) {
    const float32x4_t whole = vcvtq_f32_s32(vpaddq_s32(sums.of[2 * part], sums.of[2 * part + 1]));
    const float32x4_t scaled = vmulq_n_f32(vld1q_f32(scales + 4 * part), factor);
    vst1q_f32(to + 4 * part, vfmaq_f32(vld1q_f32(to + 4 * part), whole, scaled));
  }
}
static inline void addAll(float* to, const float* from, float factor) {
  for (int part = 0; part < 16; part += 4)
    vst1q_f32(to + part, vfmaq_n_f32(vld1q_f32(to + part), vld1q_f32(from + part), factor));
}

#include "block-product.h"

}  // namespace neon

BlockProduct neonProduct() { return &neon::product; }

}  // namespace uniarm
#else
namespace uniarm {
BlockProduct neonProduct() { return nullptr; }
}  // namespace uniarm
#endif
