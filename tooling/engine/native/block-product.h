// The loops of a product with blocks. A path includes this in a namespace of its own that defines
//   kParts: registers of a line of sixteen rows
//   Line: numbers of 16 / kParts weight rows and four columns, as bytes; Sums, Totals: one int32 or float a weight row
//   line(from), lower(line), upper(line): a line, and the lower or upper four bits of its bytes
//   none(), added(totals, sums, scales, factor): totals + sums * scales * factor, plus(totals, values, factor): totals + values *
//   factor, put(to, totals)
// and of weights of eight and of four bits each, as Way<true> and Way<false>
//   Value, kTile: activations, and of how many rows the sums fit in registers
//   Factors, factors(line): weights as products take them
//   begin(start), dot(sums, factors, from), whole(sums, start): start plus products with the four activations at `from`, summed
//   for each weight row
#include "block-reader.h"

/** How far ahead weights are asked for: a core reads memory twice as fast then. */
constexpr long kAheadBytes = 8192;
constexpr long kPartBytes = kLineBytes / kParts, kPartRows = kGroup / kParts;

/** R rows of activations times part of a group. Every row's numbers are added in the same order whatever R is. */
template <long format, int R>
static void tileOf(const uint8_t* group, const Activations& x, long row, long blocks, int part, float* to) {
  using Of = Way<format == kQ8_0>;
  constexpr long unitBytes = kHeadBytes[format] + blocksAUnit(format) * lineBytes(format);
  alignas(64) float scales[blocksAUnit(format) * kGroup], minima[blocksAUnit(format) * kGroup];
  Totals totals[R];
  for (int at = 0; at < R; at++) totals[at] = none();
  for (long block = 0; block < blocks; block++) {
    const uint8_t* unit = group + block / blocksAUnit(format) * unitBytes;
    if (block % blocksAUnit(format) == 0) readHead<format>(unit, scales, minima);
    const uint8_t* lines = linesIn<format>(unit, block) + part * kPartBytes;
    const long place = block * x.rows + row, column = block % blocksAUnit(format) * kGroup + part * kPartRows;
    const auto* values = static_cast<const typename Of::Value*>(x.values) + place * kBlock;
    if (part == 0)
      for (long at = 0; at < unitBytes / blocksAUnit(format); at += 64) __builtin_prefetch(lines + kAheadBytes + at);
    Sums sums[R];
    for (int at = 0; at < R; at++) sums[at] = Of::begin(x.starts[place + at]);
    const auto add = [&](Line weights, long index) {
      const auto factors = Of::factors(weights);
      for (int at = 0; at < R; at++) sums[at] = Of::dot(sums[at], factors, values + at * kBlock + index * kLineColumns);
    };
    if constexpr (format == kQ8_0) {
      for (long index = 0; index < kLines; index++) add(line(lines + index * kLineBytes), index);
    } else {
      for (long index = 0; index < kLines / 2; index++) {
        const Line both = line(lines + index * kLineBytes);
        add(lower(both), index);
        add(upper(both), index + kLines / 2);
      }
    }
    for (int at = 0; at < R; at++) {
      totals[at] = added(totals[at], Of::whole(sums[at], x.starts[place + at]), scales + column, x.scales[place + at]);
      if constexpr (hasMinimum(format)) totals[at] = plus(totals[at], minima + column, x.sums[place + at]);
    }
  }
  for (int at = 0; at < R; at++) put(to + at * kGroup + part * kPartRows, totals[at]);
}

template <long format, int R>
static void tilesOf(long count, const uint8_t* group, const Activations& x, long row, long blocks, float* to) {
  if constexpr (R > 1)
    if (count < R) return tilesOf<format, R - 1>(count, group, x, row, blocks, to);
  for (int part = 0; part < kParts; part++) tileOf<format, R>(group, x, row, blocks, part, to);
}

template <long format>
static void productOf(const Blocks& weights, const Activations& x, long first, long count, float* y, long rowStep) {
  constexpr int kTile = Way<format == kQ8_0>::kTile;
  const long blocks = weights.blocks(), tiles = (x.rows + kTile - 1) / kTile;
  for (long group = first; group < first + count; group++) {
    const long left = weights.rows - group * kGroup, outputs = left < kGroup ? left : kGroup;
    for (long tile = 0; tile < tiles; tile++) {  // as equal as can be: a tile of few rows waits for its own sums
      const long row = tile * x.rows / tiles, rows = (tile + 1) * x.rows / tiles - row;
      float made[kTile * kGroup];
      tilesOf<format, kTile>(rows, weights.unit(group, 0), x, row, blocks, made);
      for (long at = 0; at < rows; at++)
        std::memcpy(y + (row + at) * rowStep + (group - first) * kGroup, made + at * kGroup, outputs * sizeof(float));
    }
  }
}

static void product(const Blocks& weights, const Activations& x, long first, long count, float* y, long rowStep) {
  switch (weights.format) {
    case kQ8_0: return productOf<kQ8_0>(weights, x, first, count, y, rowStep);
    case kQ4_0: return productOf<kQ4_0>(weights, x, first, count, y, rowStep);
    case kQ4_1: return productOf<kQ4_1>(weights, x, first, count, y, rowStep);
    default: return productOf<kQ4_K>(weights, x, first, count, y, rowStep);
  }
}
