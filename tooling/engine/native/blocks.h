// Weights in blocks of 32 with a scale (and a minimum) each: the layouts of GGUF, with the rows of a group side by side.
//
// A weight is scale * (q - offset) + minimum. What files hold for a row is rearranged for kGroup rows at a time, byte for byte, so that
// one register holds numbers of as many rows; the last group is filled up with rows of zeros.
//   Q8_0, a block: [16] scales, then line 0 ... 7, each [16 rows][4 columns] bytes
//   Q4_0, Q4_1, a block: [16] scales, (Q4_1: [16] minima,) then [4 x 16 rows x 4] bytes: line l below line l + 4
//   Q4_K, eight blocks: [16] scales and [16] minima of all eight, [12][16] bytes of six-bit factors, then eight blocks of lines
// Numbers are stored without a sign, `offsetOf` above what they mean: products of bytes want one side so.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "half.h"

namespace uniarm {

enum BlockFormat : long { kQ8_0 = 0, kQ4_0 = 1, kQ4_1 = 2, kQ4_K = 3, kBlockFormats = 4 };

constexpr long kBlock = 32, kGroup = 16, kLineColumns = 4, kLines = kBlock / kLineColumns, kLineBytes = kLineColumns * kGroup;
/** Columns that share what precedes them. */
constexpr long blocksAUnit(long format) { return format == kQ4_K ? 8 : 1; }
/** Bytes of a unit of one row, as GGUF has it, and of a group's unit before its lines. */
constexpr long kFileBytes[kBlockFormats] = {34, 18, 20, 144};
constexpr long kHeadBytes[kBlockFormats] = {2 * kGroup, 2 * kGroup, 4 * kGroup, 16 * kGroup};
constexpr long lineBytes(long format) { return format == kQ8_0 ? kGroup * kBlock : kGroup * kBlock / 2; }
constexpr bool hasMinimum(long format) { return format == kQ4_1 || format == kQ4_K; }
constexpr int offsetOf(long format) { return format == kQ8_0 ? 128 : format == kQ4_0 ? 8 : 0; }

/** A matrix [rows, columns] in this layout. */
struct Blocks {
  long format, rows, columns;
  const uint8_t* bytes;

  long units() const {
    const long unit = kBlock * blocksAUnit(format);
    return (columns + unit - 1) / unit;
  }
  /** blocks of a row, with those of a last unit that is filled up */
  long blocks() const { return units() * blocksAUnit(format); }
  long groups() const { return (rows + kGroup - 1) / kGroup; }
  long unitBytes() const { return kHeadBytes[format] + blocksAUnit(format) * lineBytes(format); }
  long size() const { return groups() * units() * unitBytes(); }
  const uint8_t* unit(long group, long index) const { return bytes + (group * units() + index) * unitBytes(); }
};

/** Calls work with the format as a constant of its type. */
template <class Work>
void withFormat(long format, const Work& work) {
  switch (format) {
    case kQ8_0: work(std::integral_constant<long, kQ8_0>()); break;
    case kQ4_0: work(std::integral_constant<long, kQ4_0>()); break;
    case kQ4_1: work(std::integral_constant<long, kQ4_1>()); break;
    default: work(std::integral_constant<long, kQ4_K>());
  }
}

}  // namespace uniarm
