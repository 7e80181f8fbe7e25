// Run under emulation alone (test/neon.test.ts): no such machine was at hand.
#include "block-path.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace uniarm {
namespace neon {

constexpr int kParts = 4;
typedef int32x4_t Sums;
typedef float32x4_t Totals;
typedef uint8x16_t Line;
/** Activations as two integers of 8 bits each. */
struct Bytes {
  typedef int8_t Value;
  static constexpr int kTile = 6;
};
static inline Totals none() { return vdupq_n_f32(0); }
static inline Line line(const uint8_t* from) { return vld1q_u8(from); }
static inline Line lower(Line both) { return vandq_u8(both, vdupq_n_u8(15)); }
static inline Line upper(Line both) { return vshrq_n_u8(both, 4); }
template <bool eights>
struct Way : Bytes {
  static int8x16_t factors(Line weights) {
    return vreinterpretq_s8_u8(eights ? veorq_u8(weights, vdupq_n_u8(128)) : weights);
  }
  static Sums begin(int32_t start) { return vdupq_n_s32(eights ? 0 : start); }
  static Sums dot(Sums sums, int8x16_t weights, const int8_t* from) {
    int32_t bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    const int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(bytes));
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sums, weights, x);
#else
    const int16x8_t low = vmull_s8(vget_low_s8(weights), vget_low_s8(x)), high = vmull_high_s8(weights, x);
    return vaddq_s32(sums, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
#endif
  }
  static Sums whole(Sums sums, int32_t) { return sums; }
};
static inline Totals added(Totals totals, Sums sums, const float* scales, float factor) {
  return vfmaq_f32(totals, vcvtq_f32_s32(sums), vmulq_n_f32(vld1q_f32(scales), factor));
}
static inline Totals plus(Totals totals, const float* values, float factor) {
  return vfmaq_n_f32(totals, vld1q_f32(values), factor);
}
static inline void put(float* to, Totals totals) { vst1q_f32(to, totals); }

#include "block-product.h"

}  // namespace neon

BlockProduct neonProduct() { return &neon::product; }

}  // namespace uniarm
#else
namespace uniarm {
BlockProduct neonProduct() { return nullptr; }
}  // namespace uniarm
#endif
