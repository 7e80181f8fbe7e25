// Included by each path within its own namespace, as block-product.h is: what is compiled for one CPU must not be linked in
// place of what another needs. So nothing here may be a template of the standard library.

/** The blocks of one group one after the other, as 16-bit integers. */
template <long format>
struct GroupReader {
  const Blocks& blocks;
  const long group;
  /** [line][row][2], and of each row */
  alignas(64) int16_t values[kGroup * kBlock];
  alignas(64) float scales[blocksAUnit(format)][kGroup];
  alignas(64) float minima[blocksAUnit(format)][kGroup];

  GroupReader(const Blocks& of, long which) : blocks(of), group(which) {}

  /** The next block, from the first on. */
  void read(long block) {
    if (block % blocksAUnit(format) == 0) readHead(blocks.unit(group, block / blocksAUnit(format)));
    readLines(block);
  }
  /** Any block. */
  void readOne(long block) {
    readHead(blocks.unit(group, block / blocksAUnit(format)));
    readLines(block);
  }
  const float* scalesOf(long block) const { return scales[block % blocksAUnit(format)]; }
  const float* minimaOf(long block) const { return minima[block % blocksAUnit(format)]; }

 private:
  void readLines(long block) {
    constexpr long each = blocksAUnit(format);
    const uint8_t* unit = blocks.unit(group, block / each);
    const uint8_t* lines = unit + kHeadBytes[format] + block % each * lineBytes(format);
    constexpr int shift = format == kQ4_0 ? 8 : 0;
    if constexpr (format == kQ8_0) {
      for (long at = 0; at < kGroup * kBlock; at++) values[at] = static_cast<int8_t>(lines[at]);
    } else {
      constexpr long half = kGroup * kBlock / 2;
      for (long at = 0; at < half; at++) values[at] = static_cast<int16_t>((lines[at] & 15) - shift);
      for (long at = 0; at < half; at++) values[half + at] = static_cast<int16_t>((lines[at] >> 4) - shift);
    }
  }
  void readHead(const uint8_t* unit) {
    float first[kGroup], second[kGroup];
    uint16_t halves[2 * kGroup];
    std::memcpy(halves, unit, hasMinimum(format) ? 4 * kGroup : 2 * kGroup);
    for (long row = 0; row < kGroup; row++) first[row] = halfToFloat(halves[row]);
    if constexpr (hasMinimum(format))
      for (long row = 0; row < kGroup; row++) second[row] = halfToFloat(halves[kGroup + row]);
    if constexpr (format == kQ4_K) {
      const uint8_t* factors = unit + 4 * kGroup;
      for (long block = 0; block < 8; block++) {
        const uint8_t* low = factors + (block < 4 ? block : block + 4) * kGroup;
        const uint8_t* of = factors + (block < 4 ? block + 4 : block + 4) * kGroup;
        const uint8_t* highScale = factors + (block - 4) * kGroup;
        const uint8_t* highMinimum = factors + block * kGroup;
        for (long row = 0; row < kGroup; row++) {
          const int scale = block < 4 ? low[row] & 63 : (low[row] & 15) | (highScale[row] >> 6) << 4;
          const int minimum = block < 4 ? of[row] & 63 : of[row] >> 4 | (highMinimum[row] >> 6) << 4;
          scales[block][row] = first[row] * static_cast<float>(scale);
          minima[block][row] = -second[row] * static_cast<float>(minimum);
        }
      }
    } else {
      for (long row = 0; row < kGroup; row++) scales[0][row] = first[row];
      if constexpr (hasMinimum(format))
        for (long row = 0; row < kGroup; row++) minima[0][row] = second[row];
    }
  }
};
