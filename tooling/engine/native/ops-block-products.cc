#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "block-path.h"
#include "multiply.h"
#include "op.h"
#include "parallel.h"

// Products with a matrix in blocks (blocks.h): x W^T, and dY W on the way back to x.
namespace uniarm {
namespace {

BlockProduct productOf(long path) {
  switch (path) {
    case kPortable: return portableProduct();
    case kAvx2: return avx2Product();
    case kAvx512: return avx512Product();
    case kAvx512Vnni: return avx512VnniProduct();
    case kAvxVnni: return avxVnniProduct();
    case kNeon: return neonProduct();
    default: return nullptr;
  }
}

constexpr const char* kMatrix[] = {"format: int", "rows: int", "columns: int"};

Blocks matrixOf(TF_Tensor* blocks, const Attributes& attributes) {
  return {attributes.integer("format"), attributes.integer("rows"), attributes.integer("columns"),
          data<uint8_t>(blocks)};
}

/**
 * Activations as integers of 16 bits: two of 8, a coarse one and what it leaves in 254ths of its step, or both in one. Where they
 * are two a row is two rows here, one after the other. They lie in chunks of rows: as many as stay in a core's second cache.
 */
class Integers {
 public:
  /** rows here to a row of x */
  const long terms;

  Integers(const float* x, long rows, const Blocks& weights, bool sixteens)
      : terms(sixteens ? 1 : 2), blocks_(weights.blocks()), rows_(terms * rows), offset_(offsetOf(weights.format)) {
    const long columns = weights.columns, blocks = blocks_;
    constexpr long kChunkBytes = 192 << 10, kFewest = 24;  // a multiple of every path's tile
    chunk_ = std::max(kFewest, kChunkBytes / (valueBytes() * kBlock * blocks) / kFewest * kFewest);
    values_.reset(new int8_t[rows_ * blocks * kBlock * valueBytes()]);
    scales_.reset(new float[rows_ * blocks]);
    sums_.reset(new float[rows_ * blocks]);
    starts_.reset(new int32_t[rows_ * blocks]);
    parallel(rows, 2.0 * rows * columns, [&](long row) {
      for (long block = 0; block < blocks; block++) {
        const float* from = x + row * columns + block * kBlock;
        const long count = std::min(kBlock, columns - block * kBlock);
        float padded[kBlock] = {};
        if (count < kBlock) {
          std::copy_n(from, std::max(0L, count), padded);
          from = padded;
        }
        convert(from, row, block);
      }
    });
  }
  long chunks() const { return (rows_ + chunk_ - 1) / chunk_; }
  /** the first row of activations of a chunk */
  long firstRow(long chunk) const { return chunk * chunk_ / terms; }
  Activations of(long chunk) const {
    const long first = chunk * chunk_ * blocks_;
    return {values_.get() + first * kBlock * valueBytes(), scales_.get() + first, sums_.get() + first,
            starts_.get() + first, rowsOf(chunk)};
  }

 private:
  static constexpr int kLargest = 127, kFiner = 2 * kLargest;

  long valueBytes() const { return terms == 1 ? 2 : 1; }
  long rowsOf(long chunk) const { return std::min(chunk_, rows_ - chunk * chunk_); }
  long place(long row, long block) const {
    const long chunk = row / chunk_;
    return chunk * chunk_ * blocks_ + block * rowsOf(chunk) + row % chunk_;
  }
  void convert(const float* x, long row, long block) {
    int32_t bits[kBlock], largest = 0;
    std::memcpy(bits, x, sizeof bits);
    for (long column = 0; column < kBlock; column++) {  // without a sign, float32 numbers are in the order of their bits
      const int32_t size = bits[column] & 0x7fffffff;
      largest = size > largest ? size : largest;
    }
    float size;
    std::memcpy(&size, &largest, sizeof size);
    constexpr float kSmallest = 1e-32f;  // below it the factor would overflow
    const float factor = size > kSmallest ? kLargest / size : 0;
    // NaN for what is not finite: the whole row's products are, then
    const float scale = largest < 0x7f800000 ? size / kLargest : std::numeric_limits<float>::quiet_NaN();
    float rest[kBlock];
    int8_t coarse[kBlock], fine[kBlock];
    for (long column = 0; column < kBlock; column++) rest[column] = x[column] * factor;
    const int32_t coarseSum = take(rest, coarse);
    for (long column = 0; column < kBlock; column++) rest[column] *= kFiner;  // between -1/2 and 1/2 before
    const int32_t fineSum = take(rest, fine);
    if (terms == 1) {
      const long at = place(row, block);
      mix(coarse, fine, at);
      describe(kFiner * coarseSum + fineSum, scale / kFiner, at);
    } else {
      const long at = place(2 * row, block), next = place(2 * row + 1, block);
      std::copy_n(coarse, kBlock, values_.get() + at * kBlock);
      std::copy_n(fine, kBlock, values_.get() + next * kBlock);
      describe(coarseSum, scale, at);
      describe(fineSum, scale / kFiner, next);
    }
  }
  /** Rounds 32 numbers to integers -> their sum; what is left of the numbers stays in `numbers`. */
  static int32_t take(float* numbers, int8_t* to) {
    int32_t total = 0;
    for (long column = 0; column < kBlock; column++) {
      constexpr float kShift = 12582912.0f;  // 1.5 * 2^23: the sum's low bits are the rounded integer
      const float shifted = numbers[column] + kShift;
      int32_t whole;
      std::memcpy(&whole, &shifted, sizeof whole);
      to[column] = static_cast<int8_t>(whole);
      total += to[column];
      numbers[column] -= shifted - kShift;
    }
    return total;
  }
  void describe(int32_t total, float scale, long at) {
    scales_[at] = scale;
    sums_[at] = scale * static_cast<float>(total);
    starts_[at] = -offset_ * total;
  }
  /** 32 of 16 bits, in the order that a path wants. */
  void mix(const int8_t* coarse, const int8_t* fine, long at) {
    constexpr int kPlaces[kLineColumns] = {0, 2, 1, 3};
    int16_t both[kBlock];
    for (long column = 0; column < kBlock; column++) {
      const long from = column / kLineColumns * kLineColumns + kPlaces[column % kLineColumns];
      both[column] = static_cast<int16_t>(kFiner * coarse[from] + fine[from]);
    }
    std::memcpy(values_.get() + at * sizeof both, both, sizeof both);
  }

  const long blocks_, rows_;
  const int offset_;
  long chunk_;
  std::unique_ptr<int8_t[]> values_;
  std::unique_ptr<float[]> scales_, sums_;
  std::unique_ptr<int32_t[]> starts_;
};

/** x [n, columns] times the transpose of a matrix [rows, columns] -> [n, rows]. */
struct Product {
  static Op op() {
    return {"UniarmBlockProduct",
            {"x: float", "blocks: int32"},
            {"y: float"},
            {kMatrix[0], kMatrix[1], kMatrix[2], "path: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *x = call.input(0), *blocks = call.input(1);
    const Blocks weights = matrixOf(blocks, attributes);
    const long rows = size(x) / std::max(1L, dim(x, -1));
    TF_Tensor* y = call.output(0, TF_FLOAT, {rows, weights.rows});
    const long path = attributes.integer("path");
    const BlockProduct product = productOf(path);
    if (product == nullptr) return call.fail("UniarmBlockProduct: this CPU cannot take that path");
    if (dim(x, -1) != weights.columns || 4 * size(blocks) != weights.size())
      return call.fail("UniarmBlockProduct: the sizes do not fit");
    const Integers integers(data<float>(x), rows, weights, takesSixteens(path));
    const double cost = 1.0 * rows * weights.rows * weights.columns;
    const long each = std::max(1L, weights.groups() / (8L * threads())), parts = (weights.groups() + each - 1) / each;
    parallel(integers.chunks() * parts, cost, [&](long task) {
      const long chunk = task / parts, first = task % parts * each;
      const long groups = std::min(each, weights.groups() - first), step = groups * kGroup;
      const Activations own = integers.of(chunk);
      static thread_local std::vector<float> terms;
      terms.resize(own.rows * step);
      product(weights, own, first, groups, terms.data(), step);
      const long outputs = std::min(step, weights.rows - first * kGroup);
      for (long row = 0; row < own.rows / integers.terms; row++) {
        const float *coarse = terms.data() + integers.terms * row * step, *fine = coarse + step;
        float* to = data<float>(y) + (integers.firstRow(chunk) + row) * weights.rows + first * kGroup;
        if (integers.terms == 1) std::copy_n(coarse, outputs, to);
        else
          for (long at = 0; at < outputs; at++) to[at] = coarse[at] + fine[at];
      }
    });
  }
};

#include "block-reader.h"

/** dY [n, rows] times a matrix [rows, columns] -> [n, columns]. The scales lie along what is summed: in float32, from tiles. */
struct ProductBack {
  static constexpr long kPanel = 2 * kBlock, kDepth = 8 * kGroup, kRows = 192;

  static Op op() {
    return {"UniarmBlockProductBack",
            {"dy: float", "blocks: int32"},
            {"dx: float"},
            {kMatrix[0], kMatrix[1], kMatrix[2]}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *dy = call.input(0), *blocks = call.input(1);
    const Blocks weights = matrixOf(blocks, attributes);
    const long rows = size(dy) / std::max(1L, dim(dy, -1));
    TF_Tensor* dx = call.output(0, TF_FLOAT, {rows, weights.columns});
    if (dim(dy, -1) != weights.rows || 4 * size(blocks) != weights.size())
      return call.fail("UniarmBlockProductBack: the sizes do not fit");
    const long panels = (weights.columns + kPanel - 1) / kPanel, chunks = (rows + kRows - 1) / kRows;
    withFormat(weights.format, [&](auto constant) {
      constexpr long format = decltype(constant)::value;
      parallel(panels * chunks, 1.0 * rows * weights.rows * weights.columns, [&](long task) {
        static thread_local std::vector<float> tile, out;
        tile.resize(kDepth * kPanel);
        const long row = task / panels * kRows, count = std::min(kRows, rows - row), column = task % panels * kPanel;
        out.assign(count * kPanel, 0.0f);
        for (long first = 0; first < weights.rows; first += kDepth) {
          const long depth = std::min(kDepth, weights.rows - first);
          for (long at = 0; at < depth; at += kGroup)
            for (long block = column / kBlock; block < (column + kPanel) / kBlock; block++)
              spread<format>(weights, (first + at) / kGroup, block, tile.data() + at * kPanel + block * kBlock - column);
          multiply(count, data<float>(dy) + row * weights.rows + first, weights.rows, 1, tile.data(), kPanel, depth,
                   out.data(), kPanel, kPanel, true);
        }
        const long wide = std::min(kPanel, weights.columns - column);
        for (long at = 0; at < count; at++)
          std::copy_n(out.data() + at * kPanel, wide, data<float>(dx) + (row + at) * weights.columns + column);
      });
    });
  }

 private:
  /** One block of a group as numbers, rows kPanel apart; zeros beyond the last block. */
  template <long format>
  static void spread(const Blocks& weights, long group, long block, float* to) {
    if (block >= weights.blocks()) {
      for (long row = 0; row < kGroup; row++) std::fill_n(to + row * kPanel, kBlock, 0.0f);
      return;
    }
    GroupReader<format> reader(weights, group);
    reader.readOne(block);
    for (long row = 0; row < kGroup; row++) {
      const float scale = reader.scalesOf(block)[row], minimum = hasMinimum(format) ? reader.minimaOf(block)[row] : 0;
      for (long column = 0; column < kBlock; column++)
        to[row * kPanel + column] = scale * reader.valueOf(row, column) + minimum;
    }
  }
};

const Register<Product> product;
const Register<ProductBack> productBack;

}  // namespace
}  // namespace uniarm
