// Included by each path within its own namespace, as block-product.h is: what is compiled for one CPU must not be linked in
// place of what another needs. So nothing here may be a template of the standard library.

/** Scales of the blocks of one unit of a group, and their minima, [block][row]. */
template <long format>
static void readHead(const uint8_t* unit, float* scales, float* minima) {
  if constexpr (format != kQ4_K) {
    widen(unit, kGroup, scales);
    if constexpr (hasMinimum(format)) widen(unit + 2 * kGroup, kGroup, minima);
  } else {
    float first[kGroup], second[kGroup];
    widen(unit, kGroup, first);
    widen(unit + 2 * kGroup, kGroup, second);
    const uint8_t* factors = unit + 4 * kGroup;
    for (long block = 0; block < 8; block++) {
      const uint8_t* low = factors + (block < 4 ? block : block + 4) * kGroup;
      const uint8_t* of = factors + (block < 4 ? block + 4 : block + 4) * kGroup;
      const uint8_t* highScale = factors + (block - 4) * kGroup;
      const uint8_t* highMinimum = factors + block * kGroup;
      for (long row = 0; row < kGroup; row++) {
        const int scale = block < 4 ? low[row] & 63 : (low[row] & 15) | (highScale[row] >> 6) << 4;
        const int minimum = block < 4 ? of[row] & 63 : of[row] >> 4 | (highMinimum[row] >> 6) << 4;
        scales[block * kGroup + row] = first[row] * static_cast<float>(scale);
        minima[block * kGroup + row] = -second[row] * static_cast<float>(minimum);
      }
    }
  }
}

/** Where the lines of a block lie in its unit. */
template <long format>
static const uint8_t* linesIn(const uint8_t* unit, long block) {
  return unit + kHeadBytes[format] + block % blocksAUnit(format) * lineBytes(format);
}

/** The blocks of one group one after the other, number by number. */
template <long format>
struct GroupReader {
  const Blocks& blocks;
  const long group;
  alignas(64) float scales[blocksAUnit(format) * kGroup];
  alignas(64) float minima[blocksAUnit(format) * kGroup];
  const uint8_t* lines = nullptr;

  GroupReader(const Blocks& of, long which) : blocks(of), group(which) {}

  /** The next block, from the first on. */
  void read(long block) {
    if (block % blocksAUnit(format) == 0) readHead<format>(unitOf(block), scales, minima);
    lines = linesIn<format>(unitOf(block), block);
  }
  /** Any block. */
  void readOne(long block) {
    readHead<format>(unitOf(block), scales, minima);
    lines = linesIn<format>(unitOf(block), block);
  }
  const float* scalesOf(long block) const { return scales + block % blocksAUnit(format) * kGroup; }
  const float* minimaOf(long block) const { return minima + block % blocksAUnit(format) * kGroup; }
  /** A number of the block that was read last, without its scale. */
  float valueOf(long row, long column) const {
    const long line = column / kLineColumns, place = row * kLineColumns + column % kLineColumns;
    if constexpr (format == kQ8_0) return static_cast<float>(lines[line * kLineBytes + place] - offsetOf(format));
    const uint8_t byte = lines[line % (kLines / 2) * kLineBytes + place];
    return static_cast<float>((line < kLines / 2 ? byte & 15 : byte >> 4) - offsetOf(format));
  }

 private:
  const uint8_t* unitOf(long block) const { return blocks.unit(group, block / blocksAUnit(format)); }
};
