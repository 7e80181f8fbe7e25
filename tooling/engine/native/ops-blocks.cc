#include <atomic>
#include <type_traits>
#include <vector>

#include "block-fit.h"
#include "block-path.h"
#include "number.h"
#include "op.h"
#include "parallel.h"

// Makes matrices in blocks (blocks.h), of numbers or of what a GGUF file holds, and reads rows of them.
namespace uniarm {
namespace {

/** Rearranges up to kGroup rows of a unit, each as in its file, into a group's unit. */
void pack(long format, const std::vector<const uint8_t*>& rows, uint8_t* unit) {
  std::memset(unit, 0, kHeadBytes[format] + blocksAUnit(format) * lineBytes(format));
  uint8_t* const lines = unit + kHeadBytes[format];
  for (long row = 0; row < static_cast<long>(rows.size()); row++) {
    const uint8_t* from = rows[row];
    const long halves = hasMinimum(format) ? 2 : 1;
    for (long half = 0; half < halves; half++) std::memcpy(unit + 2 * (half * kGroup + row), from + 2 * half, 2);
    from += 2 * halves;
    if (format == kQ4_K) {
      for (long at = 0; at < 12; at++) unit[4 * kGroup + at * kGroup + row] = from[at];
      from += 12;
    }
    constexpr long kHalf = kBlock / 2;
    const long blocks = blocksAUnit(format);
    for (long block = 0; block < blocks; block++)
      for (long column = 0; column < kBlock; column++) {
        const long line = column / kLineColumns, place = kLineColumns * row + column % kLineColumns;
        if (format == kQ8_0) {
          lines[line * kLineBytes + place] = static_cast<uint8_t>(from[column] + offsetOf(kQ8_0));
          continue;
        }
        // Q4_K: 32 bytes hold two blocks, one in the lower halves, one in the upper; the others: 16 bytes, the columns from 16 on above
        const uint8_t byte = format == kQ4_K ? from[block / 2 * kBlock + column] : from[column % kHalf];
        const bool isUpper = format == kQ4_K ? block % 2 == 1 : column >= kHalf;
        const uint8_t value = isUpper ? byte >> 4 : byte & 15;
        uint8_t& to = lines[block * lineBytes(format) + line % (kLines / 2) * kLineBytes + place];
        to = static_cast<uint8_t>(to | (line < kLines / 2 ? value : value << 4));
      }
  }
}

constexpr const char* kFormat = "format: int";
/** What a caller turns into a sentence that names the tensor. */
constexpr const char* kNotFinite = "not-finite";

bool isFinite(uint16_t half) { return (half & 0x7c00) != 0x7c00; }

/** bytes: rows one after the other as GGUF has them -> blocks. */
struct PackBlocks {
  static Op op() {
    return {"UniarmPackBlocks", {"bytes: uint8"}, {"blocks: int32"}, {kFormat, "rows: int", "columns: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor* given = call.input(0);
    Blocks to{attributes.integer("format"), attributes.integer("rows"), attributes.integer("columns"), nullptr};
    TF_Tensor* out = call.output(0, TF_INT32, {to.size() / 4});
    const uint8_t* from = data<uint8_t>(given);
    const long bytes = kFileBytes[to.format], units = to.units();
    if (to.columns % (kBlock * blocksAUnit(to.format)) != 0 || size(given) != to.rows * units * bytes)
      return call.fail("UniarmPackBlocks: the bytes are not those of such a matrix");
    for (long at = 0; at < to.rows * units; at++)
      for (long half = 0; half < (hasMinimum(to.format) ? 2 : 1); half++) {
        uint16_t value;
        std::memcpy(&value, from + at * bytes + 2 * half, sizeof value);
        if (!isFinite(value)) return call.fail(kNotFinite);
      }
    parallel(to.groups(), 1.0 * to.rows * to.columns, [&](long group) {
      std::vector<const uint8_t*> rows;
      for (long unit = 0; unit < units; unit++) {
        rows.clear();
        for (long row = group * kGroup; row < std::min(to.rows, (group + 1) * kGroup); row++)
          rows.push_back(from + (row * units + unit) * bytes);
        pack(to.format, rows, data<uint8_t>(out) + (group * units + unit) * to.unitBytes());
      }
    });
  }
};

/** One block of a row of numbers as a file has it, filled up with zeros. @returns false where it cannot be */
template <class E>
bool fitUnit(const Blocks& of, const E* values, long row, long unit, uint8_t* to) {
  float block[kBlock] = {};
  const long count = std::min(kBlock, of.columns - unit * kBlock);
  for (long at = 0; at < count; at++) block[at] = toFloat(values[row * of.columns + unit * kBlock + at]);
  return fitBlock(of.format, block, to);
}

/** values [rows, columns] -> blocks of Q8_0, Q4_0 or Q4_1; a last block is filled up with zeros. */
struct Quantize {
  static Op op() {
    return {"UniarmQuantize", {"values: T"}, {"blocks: int32"}, {"T: {float, bfloat16}", kFormat}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor* values = call.input(0);
    Blocks to{attributes.integer("format"), dim(values, 0), dim(values, 1), nullptr};
    TF_Tensor* out = call.output(0, TF_INT32, {to.size() / 4});
    std::atomic<bool> isWrong{false};
    const long units = to.units();
    withType(TF_TensorType(values) == TF_BFLOAT16, [&](auto* as) {
      const auto* from = data<std::remove_pointer_t<decltype(as)>>(values);
      parallel(to.groups(), 100.0 * to.rows * to.columns, [&](long group) {
        uint8_t made[kGroup][kFileBytes[kQ8_0]];
        std::vector<const uint8_t*> rows;
        for (long unit = 0; unit < units; unit++) {
          rows.clear();
          for (long row = group * kGroup; row < std::min(to.rows, (group + 1) * kGroup); row++) {
            if (!fitUnit(to, from, row, unit, made[rows.size()])) isWrong = true;
            rows.push_back(made[rows.size()]);
          }
          pack(to.format, rows, data<uint8_t>(out) + (group * units + unit) * to.unitBytes());
        }
      });
    });
    if (isWrong) call.fail(kNotFinite);
  }
};

/** The same as the bytes that a file has, row after row, what PackBlocks takes; four of them an integer, the last filled up. */
struct QuantizeToBytes {
  static Op op() { return {"UniarmQuantizeToBytes", {"values: float"}, {"bytes: int32"}, {kFormat}}; }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor* values = call.input(0);
    const Blocks of{attributes.integer("format"), dim(values, 0), dim(values, 1), nullptr};
    const long units = of.units(), bytes = kFileBytes[of.format];
    const long size = of.rows * units * bytes, integers = (size + 3) / 4;
    TF_Tensor* out = call.output(0, TF_INT32, {integers});
    std::fill(data<uint8_t>(out) + size, data<uint8_t>(out) + 4 * integers, 0);
    std::atomic<bool> isWrong{false};
    parallel(of.rows, 100.0 * of.rows * of.columns, [&](long row) {
      for (long unit = 0; unit < units; unit++)
        if (!fitUnit(of, data<float>(values), row, unit, data<uint8_t>(out) + (row * units + unit) * bytes)) isWrong = true;
    });
    if (isWrong) call.fail(kNotFinite);
  }
};

#include "block-reader.h"

/** Rows of a matrix in blocks, by number -> [count, columns] float32. */
struct BlockRows {
  static Op op() {
    return {"UniarmBlockRows",
            {"blocks: int32", "numbers: int32"},
            {"values: float"},
            {kFormat, "rows: int", "columns: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *given = call.input(0), *numbers = call.input(1);
    const Blocks blocks{attributes.integer("format"), attributes.integer("rows"), attributes.integer("columns"),
                        data<uint8_t>(given)};
    const long count = size(numbers);
    TF_Tensor* out = call.output(0, TF_FLOAT, {count, blocks.columns});
    if (4 * size(given) != blocks.size()) return call.fail("UniarmBlockRows: the blocks are of another matrix");
    for (long at = 0; at < count; at++)
      if (data<int32_t>(numbers)[at] < 0 || data<int32_t>(numbers)[at] >= blocks.rows)
        return call.fail("UniarmBlockRows: a row's number is outside the matrix");
    withFormat(blocks.format, [&](auto constant) {
      constexpr long format = decltype(constant)::value;
      parallel(count, 20.0 * count * blocks.columns, [&](long at) {
        const long row = data<int32_t>(numbers)[at], lane = row % kGroup;
        GroupReader<format> reader(blocks, row / kGroup);
        float* to = data<float>(out) + at * blocks.columns;
        for (long block = 0; block < blocks.blocks(); block++) {
          reader.read(block);
          const float scale = reader.scalesOf(block)[lane];
          const float minimum = hasMinimum(format) ? reader.minimaOf(block)[lane] : 0;
          for (long column = 0; column < std::min(kBlock, blocks.columns - block * kBlock); column++) {
            const float value = reader.valueOf(lane, column);
            to[block * kBlock + column] = hasMinimum(format) ? scale * value + minimum : scale * value;
          }
        }
      });
    });
  }
};

/** Which paths of the product this CPU can run, [kCpuPaths] of 0 and 1. */
struct CpuPaths {
  static Op op() { return {"UniarmCpuPaths", {}, {"paths: int32"}, {}}; }
  static void compute(Call& call, const Attributes&) {
    auto* paths = data<int32_t>(call.output(0, TF_INT32, {kCpuPaths}));
    const BlockProduct found[kCpuPaths] = {portableProduct(),   avx2Product(),    avx512Product(),
                                           avx512VnniProduct(), avxVnniProduct(), neonProduct()};
    for (long path = 0; path < kCpuPaths; path++) paths[path] = found[path] != nullptr;
  }
};

const Register<PackBlocks> packBlocks;
const Register<Quantize> quantize;
const Register<QuantizeToBytes> quantizeToBytes;
const Register<BlockRows> blockRows;
const Register<CpuPaths> cpuPaths;

}  // namespace
}  // namespace uniarm
