// Products of small matrices, for what is too thin or too irregular for a library's matrix product.
#pragma once
#include "number.h"

namespace uniarm {

constexpr long kTileRows = 6;
/** Registers side by side in a tile: its sums, a line of b and one number of a are to stay in registers. */
constexpr int kTileParts = kRegisters >= 32 ? 4 : 2;

/** c[R][kLanes N] (+)= sum over k of a[row * rowStep + k * step] b[k * bStep + column]; stays in registers. */
template <int R, int N, class E>
UNIARM_INLINE void tile(const float* a, long rowStep, long step, const E* b, long bStep, long depth, float* c,
                        long cStep, bool add) {
  Floats sums[R][N];
  for (int row = 0; row < R; row++)
    for (int part = 0; part < N; part++) sums[row][part] = add ? load(c + row * cStep + part * kLanes) : Floats{};
  for (long k = 0; k < depth; k++) {
    Floats right[N];
    for (int part = 0; part < N; part++) right[part] = load(b + k * bStep + part * kLanes);
    for (int row = 0; row < R; row++) {
      const Floats left = all(a[row * rowStep + k * step]);
      for (int part = 0; part < N; part++) sums[row][part] += left * right[part];
    }
  }
  for (int row = 0; row < R; row++)
    for (int part = 0; part < N; part++) store(c + row * cStep + part * kLanes, sums[row][part]);
}

template <int R, class E>
inline void tiles(const float* a, long rowStep, long step, const E* b, long bStep, long depth, float* c, long cStep,
                  long columns, bool add) {
  long column = 0;
  for (; column + kTileParts * kLanes <= columns; column += kTileParts * kLanes)
    tile<R, kTileParts>(a, rowStep, step, b + column, bStep, depth, c + column, cStep, add);
  if constexpr (kTileParts > 2)  // heads of 32 numbers
    for (; column + 2 * kLanes <= columns; column += 2 * kLanes)
      tile<R, 2>(a, rowStep, step, b + column, bStep, depth, c + column, cStep, add);
  for (; column < columns; column += kLanes)
    tile<R, 1>(a, rowStep, step, b + column, bStep, depth, c + column, cStep, add);
}

/** c [rows, columns] (+)= a [rows, depth] b [depth, columns]; columns a multiple of kLanes, a read with any two steps. */
template <class E>
inline void multiply(long rows, const float* a, long rowStep, long step, const E* b, long bStep, long depth, float* c,
                     long cStep, long columns, bool add) {
  for (long row = 0; row < rows; row += kTileRows) {
    const float* left = a + row * rowStep;
    float* to = c + row * cStep;
    switch (rows - row) {
      case 1: tiles<1>(left, rowStep, step, b, bStep, depth, to, cStep, columns, add); break;
      case 2: tiles<2>(left, rowStep, step, b, bStep, depth, to, cStep, columns, add); break;
      case 3: tiles<3>(left, rowStep, step, b, bStep, depth, to, cStep, columns, add); break;
      case 4: tiles<4>(left, rowStep, step, b, bStep, depth, to, cStep, columns, add); break;
      case 5: tiles<5>(left, rowStep, step, b, bStep, depth, to, cStep, columns, add); break;
      default: tiles<6>(left, rowStep, step, b, bStep, depth, to, cStep, columns, add);
    }
  }
}

}  // namespace uniarm
