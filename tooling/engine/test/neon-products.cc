// Products with weights in blocks by NEON against the portable ones: exit code 0 when they agree. Built by neon.test.ts.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "block-path.h"

using namespace uniarm;

static uint32_t state = 1;
static uint32_t draw() {  // xorshift32 (Marsaglia 2003)
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/** A matrix of random numbers; scales and minima are small float16 numbers. */
static std::vector<uint8_t> drawMatrix(const Blocks& shape) {
  std::vector<uint8_t> bytes(shape.size());
  for (auto& byte : bytes) byte = static_cast<uint8_t>(draw() >> 9);
  const int halves = hasMinimum(shape.format) ? 2 * kGroup : kGroup;
  for (long unit = 0; unit < shape.groups() * shape.units(); unit++) {
    uint16_t* head = reinterpret_cast<uint16_t*>(bytes.data() + unit * shape.unitBytes());
    for (int at = 0; at < halves; at++) head[at] = static_cast<uint16_t>(0x2000 + (draw() >> 8) % 0x0800);
  }
  return bytes;
}

/** The largest difference, as a share of the largest output. */
static double difference(long format, long outputs, long rows) {
  Blocks weights{format, outputs, 512, nullptr};
  const std::vector<uint8_t> bytes = drawMatrix(weights);
  weights.bytes = bytes.data();
  const long places = rows * weights.blocks();
  std::vector<int8_t> values(places * kBlock);
  std::vector<float> scales(places), sums(places), own(rows * outputs), plain(rows * outputs);
  std::vector<int32_t> starts(places);
  for (auto& value : values) value = static_cast<int8_t>(static_cast<int>((draw() >> 10) % 255) - 127);
  for (long place = 0; place < places; place++) {
    int32_t total = 0;
    for (long column = 0; column < kBlock; column++) total += values[place * kBlock + column];
    scales[place] = 0.01f + static_cast<float>(draw() >> 20) * 1e-6f;
    sums[place] = scales[place] * static_cast<float>(total);
    starts[place] = -offsetOf(format) * total;
  }
  const Activations x{values.data(), scales.data(), sums.data(), starts.data(), rows};
  neonProduct()(weights, x, 0, weights.groups(), own.data(), outputs);
  portableProduct()(weights, x, 0, weights.groups(), plain.data(), outputs);
  double largest = 0, apart = 0;
  for (size_t at = 0; at < plain.size(); at++) {
    largest = std::max(largest, std::fabs(static_cast<double>(plain[at])));
    apart = std::max(apart, std::fabs(static_cast<double>(own[at]) - plain[at]));
  }
  return apart / largest;
}

int main() {
  double worst = 0;
  for (long format = 0; format < kBlockFormats; format++)
    for (const long outputs : {16L, 40L, 100L})
      for (const long rows : {1L, 2L, 5L, 6L, 13L, 48L}) worst = std::max(worst, difference(format, outputs, rows));
  std::printf("largest difference %.3g\n", worst);
  return worst < 2e-6 ? 0 : 1;  // the same integers; their float32 sums may be fused otherwise
}
