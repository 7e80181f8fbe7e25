#include "block-path.h"

namespace uniarm {
namespace portable {

constexpr int kParts = 1, kTile = 2;
struct Sums {
  int32_t of[kGroup];
};
struct Line {
  const int16_t* of;
};
struct Pair {
  int32_t first, second;
};
static inline Sums zero() { return {}; }
static inline Line line(const int16_t* from) { return {from}; }
static inline Pair pair(const int16_t* from) { return {from[0], from[1]}; }
static inline Sums dot(Sums sums, Line line, Pair both) {
  for (long row = 0; row < kGroup; row++)
    sums.of[row] += line.of[2 * row] * both.first + line.of[2 * row + 1] * both.second;
  return sums;
}
static inline void addScaled(float* to, const Sums& sums, const float* scales, float factor) {
  for (long row = 0; row < kGroup; row++) to[row] += static_cast<float>(sums.of[row]) * (scales[row] * factor);
}
static inline void addAll(float* to, const float* from, float factor) {
  for (long row = 0; row < kGroup; row++) to[row] += from[row] * factor;
}

#include "block-product.h"

}  // namespace portable

BlockProduct portableProduct() { return &portable::product; }

}  // namespace uniarm
