// The product with a matrix in blocks, once for each kind of CPU; who calls chooses one while the program runs.
#pragma once
#include <cstdint>

#include "blocks.h"

namespace uniarm {

/** Rows of activations in blocks of 32 integers with a scale each. They lie in chunks of rows: [block][row][32] in a chunk. */
struct Activations {
  /** int8_t, or int16_t where the path takes sixteens: then columns 0, 2, 1, 3 of each four */
  const void* values;
  /** [block][row] */
  const float* scales;
  /** of each block, for the minimum of its weights */
  const float* sums;
  /** of each block: what the weights' offset adds to a sum of integers */
  const int32_t* starts;
  long rows;
};

/**
 * y[row * rowStep + output] = sum over columns of weights[16 first + output, column] x[row, column], for outputs of groups first ...
 * first + count - 1.
 * A row's result does not depend on the rows beside it.
 */
using BlockProduct = void (*)(const Blocks& weights, const Activations& x, long first, long count, float* y, long rowStep);

enum CpuPath : long { kPortable, kAvx2, kAvx512, kAvx512Vnni, kAvxVnni, kNeon, kCpuPaths };

/** Whether an activation is one integer of 16 bits there, not two of 8: half the products, where a CPU has none of four bytes. */
constexpr bool takesSixteens(long path) { return path == kAvx2; }

/** Null where the path was not compiled, or this CPU lacks its instructions. */
BlockProduct portableProduct();
BlockProduct avx2Product();
BlockProduct avx512Product();
BlockProduct avx512VnniProduct();
BlockProduct avxVnniProduct();
BlockProduct neonProduct();

}  // namespace uniarm
