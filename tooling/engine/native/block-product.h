// The loops of a product with blocks. A path includes this in a namespace of its own that defines
//   kParts, kTile: registers of a line of sixteen rows, and rows of activations whose sums fit in registers
//   Sums, Line, Pair: sums of 16 / kParts rows, a part of a line, two neighbouring activations for all of its rows
//   zero(), line(from), pair(from), dot(sums, line, pair), addScaled(to, sums, scales, factor): to += sums * scales * factor,
//   addAll(to, from, factor): sixteen numbers, to += from * factor
#include "block-reader.h"

template <int R>
static void tileOf(const int16_t* weights, const int16_t* x, const float* scales, const float* factors, float* to) {
  Sums sums[R][kParts];
  for (int row = 0; row < R; row++)
    for (int part = 0; part < kParts; part++) sums[row][part] = zero();
  for (long at = 0; at < kLines; at++) {
    Line lines[kParts];
    for (int part = 0; part < kParts; part++) lines[part] = line(weights + at * 2 * kGroup + part * 2 * kGroup / kParts);
    for (int row = 0; row < R; row++) {
      const Pair both = pair(x + row * kBlock + 2 * at);
      for (int part = 0; part < kParts; part++) sums[row][part] = dot(sums[row][part], lines[part], both);
    }
  }
  for (int row = 0; row < R; row++)
    for (int part = 0; part < kParts; part++) {
      const long column = part * kGroup / kParts;
      addScaled(to + row * kGroup + column, sums[row][part], scales + column, factors[row]);
    }
}

template <int R>
static void tilesOf(long rows, const int16_t* weights, const int16_t* x, const float* scales, const float* factors,
                    float* to) {
  long row = 0;
  for (; row + R <= rows; row += R) tileOf<R>(weights, x + row * kBlock, scales, factors + row, to + row * kGroup);
  if constexpr (R > 1)
    if (row < rows)
      tilesOf<R / 2>(rows - row, weights, x + row * kBlock, scales, factors + row, to + row * kGroup);
}

template <long format>
static void productOf(const Blocks& weights, const Activations& x, long first, long count, float* totals, float* y,
                      long rowStep) {
  const long blocks = weights.blocks();
  for (long group = first; group < first + count; group++) {
    GroupReader<format> reader(weights, group);
    for (long at = 0; at < x.rows * kGroup; at++) totals[at] = 0;
    for (long block = 0; block < blocks; block++) {
      reader.read(block);
      tilesOf<kTile>(x.rows, reader.values, x.values + block * x.rows * kBlock, reader.scalesOf(block),
                     x.scales + block * x.rows, totals);
      if constexpr (hasMinimum(format))
        for (long row = 0; row < x.rows; row++)
          addAll(totals + row * kGroup, reader.minimaOf(block), x.sums[block * x.rows + row]);
    }
    const long left = weights.rows - group * kGroup, outputs = left < kGroup ? left : kGroup;
    for (long row = 0; row < x.rows; row++)
      for (long at = 0; at < outputs; at++) y[row * rowStep + group * kGroup + at] = totals[row * kGroup + at];
  }
}

static void product(const Blocks& weights, const Activations& x, long first, long count, float* totals, float* y,
                    long rowStep) {
  switch (weights.format) {
    case kQ8_0: return productOf<kQ8_0>(weights, x, first, count, totals, y, rowStep);
    case kQ4_0: return productOf<kQ4_0>(weights, x, first, count, totals, y, rowStep);
    case kQ4_1: return productOf<kQ4_1>(weights, x, first, count, totals, y, rowStep);
    default: return productOf<kQ4_K>(weights, x, first, count, totals, y, rowStep);
  }
}
