#include <algorithm>
#include <vector>

#include "number.h"
#include "op.h"
#include "parallel.h"

// x W^T for few rows of x and a dense W [out, in] as checkpoints have it: one pass over W, in the order of its bytes. What a
// library arranges for a product of many rows costs more than the product of a few.
namespace uniarm {
namespace {

/** Rows of W side by side, and rows of x: their sums, a line of W and a register of x stay in registers. */
constexpr int kOutputs = kRegisters >= 32 ? 4 : 2, kRows = 6;
/** How far ahead weights are asked for, in the order of their bytes: a core reads memory twice as fast then. */
constexpr long kAheadBytes = 16384;

typedef float Four __attribute__((vector_size(16)));
typedef int32_t Places __attribute__((vector_size(16)));
#if defined(__clang__)
#define UNIARM_MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define UNIARM_MIX(a, b, ...) __builtin_shuffle(a, b, Places{__VA_ARGS__})
#endif

/** Each fourth number of a register, added up. */
UNIARM_INLINE Four folded(Floats values) {
  Four parts[kLanes / 4];
  std::memcpy(parts, &values, sizeof parts);
  for (long width = kLanes / 8; width > 0; width /= 2)
    for (long at = 0; at < width; at++) parts[at] += parts[at + width];
  return parts[0];
}
/** The sum of each of four registers' numbers. */
UNIARM_INLINE Four sumsOf(Four a, Four b, Four c, Four d) {
  const Four ab = UNIARM_MIX(a, b, 0, 4, 1, 5) + UNIARM_MIX(a, b, 2, 6, 3, 7);
  const Four cd = UNIARM_MIX(c, d, 0, 4, 1, 5) + UNIARM_MIX(c, d, 2, 6, 3, 7);
  return UNIARM_MIX(ab, cd, 0, 1, 4, 5) + UNIARM_MIX(ab, cd, 2, 3, 6, 7);
}

/** Products of float32 numbers; bfloat16 weights are widened in registers. */
template <class E>
struct Widened {
  typedef float Activation;
  typedef Floats Part;
  static constexpr long kStep = kLanes;
  static Floats weights(const E* from) { return load(from); }
  static Floats activations(const float* from) { return load(from); }
  static Floats add(Floats sums, Floats weights, Floats x) { return addProduct(sums, weights, x); }
};

#if defined(__AVX512BF16__)
/** Products of bfloat16 numbers by the CPU, two at a time. */
struct Dots {
  typedef bfloat16 Activation;
  typedef __m512bh Part;
  static constexpr long kStep = 2 * kLanes;
  static __m512bh weights(const bfloat16* from) { return (__m512bh)_mm512_loadu_si512(from); }
  static __m512bh activations(const bfloat16* from) { return weights(from); }
  static Floats add(Floats sums, __m512bh weights, __m512bh x) { return (Floats)_mm512_dpbf16_ps((__m512)sums, weights, x); }
};
typedef Dots ForBfloat16;
#else
typedef Widened<bfloat16> ForBfloat16;
#endif

// GCC would read a number from memory again for each of its products
#if defined(__AVX512F__)
#define UNIARM_IN_REGISTER(value) __asm__("" : "+v"(value))
#elif defined(__AVX__)
#define UNIARM_IN_REGISTER(value) __asm__("" : "+x"(value))
#else
#define UNIARM_IN_REGISTER(value)
#endif

/**
 * N rows of W, one after the other, times R rows of x, `width` numbers each -> out[R][N]. A sum's order never changes.
 * @tparam kFirst whether the rows of W have not been read yet: then those after them are asked for
 */
template <class Way, int N, int R, bool kFirst, class E>
UNIARM_INLINE void tile(const E* weights, const typename Way::Activation* x, long width, float (*out)[kOutputs]) {
  Floats sums[R][N];
  for (int r = 0; r < R; r++)
    for (int n = 0; n < N; n++) sums[r][n] = Floats{};
  for (long at = 0; at < width; at += Way::kStep) {
    typename Way::Part own[N];
    for (int n = 0; n < N; n++) {
      own[n] = Way::weights(weights + n * width + at);
      const E* here = weights + N * at + n * Way::kStep;
      if (kFirst) __builtin_prefetch(reinterpret_cast<const char*>(here) + kAheadBytes);
    }
    for (int r = 0; r < R; r++) {
      typename Way::Part part = Way::activations(x + R * at + r * Way::kStep);
      UNIARM_IN_REGISTER(part);
      for (int n = 0; n < N; n++) sums[r][n] = Way::add(sums[r][n], own[n], part);
    }
  }
  for (int r = 0; r < R; r++) {
    Four folds[4] = {};
    for (int n = 0; n < N; n++) folds[n] = folded(sums[r][n]);
    const Four made = sumsOf(folds[0], folds[1], folds[2], folds[3]);
    std::memcpy(out[r], &made, N * sizeof(float));
  }
}

template <class Way, int N, int R, class E>
void tiles(long rows, bool first, const E* weights, const typename Way::Activation* x, long width, float (*out)[kOutputs]) {
  if constexpr (R > 1)
    if (rows < R) return tiles<Way, N, R - 1>(rows, first, weights, x, width, out);
  if (first) tile<Way, N, R, true>(weights, x, width, out);
  else tile<Way, N, R, false>(weights, x, width, out);
}

/** `in` must be a multiple of it. */
constexpr long kFewRowsStep = 32;

/** As memory is read. */
template <class E>
struct alignas(64) Line {
  static constexpr long kNumbers = 64 / sizeof(E);
  E numbers[kNumbers];
};

/** x [n, in] times the transpose of weights [out, in] -> [n, out]; all stored as T. */
struct FewRows {
  static Op op() {
    return {"UniarmFewRows", {"x: T", "weights: T"}, {"y: T"}, {"T: {float, bfloat16}"}};
  }
  static void compute(Call& call, const Attributes&) {
    TF_Tensor *x = call.input(0), *weights = call.input(1);
    const long rows = dim(x, 0), outputs = dim(weights, 0), width = dim(weights, 1);
    TF_Tensor* y = call.output(0, TF_TensorType(x), {rows, outputs});
    if (dim(x, 1) != width || width % kFewRowsStep != 0) return call.fail("UniarmFewRows: the sizes do not fit");
    if (TF_TensorType(x) == TF_BFLOAT16)
      product<ForBfloat16>(rows, outputs, width, data<bfloat16>(x), data<bfloat16>(weights), data<bfloat16>(y));
    else product<Widened<float>>(rows, outputs, width, data<float>(x), data<float>(weights), data<float>(y));
  }

 private:
  template <class Way, class E>
  static void product(long rows, long outputs, long width, const E* x, const E* weights, E* y) {
    const long rowTiles = (rows + kRows - 1) / kRows;
    const auto firstRow = [&](long tile) { return tile * rows / rowTiles; };  // as equal as can be
    // x as products take it: a tile's rows by turns, a register of each. Rows lie a power of two apart and would push each
    // other out of the nearest cache.
    typedef typename Way::Activation Activation;
    std::vector<Line<Activation>> lines(rows * width / Line<Activation>::kNumbers);
    Activation* const turns = lines.data()->numbers;
    for (long tile = 0; tile < rowTiles; tile++) {
      Activation* to = turns + firstRow(tile) * width;
      for (long at = 0; at < width; at += Way::kStep)
        for (long row = firstRow(tile); row < firstRow(tile + 1); row++)
          for (long lane = 0; lane < Way::kStep; lane++) take(*to++, x[row * width + at + lane]);
    }
    const long groups = (outputs + kOutputs - 1) / kOutputs;
    const long each = std::max(1L, groups / (8L * threads())), parts = (groups + each - 1) / each;
    parallel(parts, 1.0 * rows * outputs * width, [&](long part) {
      for (long group = part * each; group < std::min(groups, (part + 1) * each); group++) {
        const long output = group * kOutputs, count = std::min<long>(kOutputs, outputs - output);
        const E* from = weights + output * width;
        for (long tile = 0; tile < rowTiles; tile++) {
          const long row = firstRow(tile), height = firstRow(tile + 1) - row;
          const Activation* own = turns + row * width;
          float out[kRows][kOutputs], one[kRows][kOutputs];
          if (count == kOutputs) tiles<Way, kOutputs, kRows>(height, tile == 0, from, own, width, out);
          else
            for (long at = 0; at < count; at++) {
              tiles<Way, 1, kRows>(height, tile == 0, from + at * width, own, width, one);
              for (long r = 0; r < height; r++) out[r][at] = one[r][0];
            }
          for (long r = 0; r < height; r++)
            for (long at = 0; at < count; at++) assign(y[(row + r) * outputs + output + at], out[r][at]);
        }
      }
    });
  }
  template <class E>
  static void take(E& to, E from) { to = from; }
  static void take(float& to, bfloat16 from) { to = toFloat(from); }
};

const Register<FewRows> fewRows;

}  // namespace
}  // namespace uniarm
