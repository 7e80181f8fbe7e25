#include <algorithm>
#include <type_traits>
#include <vector>

#include "number.h"
#include "op.h"
#include "parallel.h"

// What low-rank adapters add to a projection for one token of each row, all of them in one call: a step of decoding is many small
// products, of which the calls would take longer than the numbers.
namespace uniarm {
namespace {

/** How a row's preference acts on the inner numbers h [r]: f h; f h + s; or h f with f [r, r]. */
enum Form : long { kScale, kScaleAndShift, kCore };

/** out[rows, column ... column + w] += modulated(x[rows] down^T) up^T */
struct Delta {
  long row, rows, column, form;
  /** [r, in], [w, r] */
  const float *down, *up;
  long rank, width;
  /** f and s: of each row, or (steps of 0) of all; f may be one number */
  const float *first, *second;
  long firstStep, secondStep;
  bool isOneNumber;
};

constexpr long kRowsATask = 12;
/** Rows of x, and of `down`, whose sums stay in registers. */
constexpr int kRows = kRegisters >= 32 ? 6 : 4, kRanks = kRegisters >= 32 ? 4 : 2;

/** x [R, in] times K rows of `down` -> inner [R][rank]. A sum's order never changes. */
template <int R, int K, class E>
UNIARM_INLINE void innerTile(const E* x, long stride, const float* down, long width, float* inner, long rank) {
  Floats sums[R][K];
  for (int row = 0; row < R; row++)
    for (int k = 0; k < K; k++) sums[row][k] = Floats{};
  for (long at = 0; at < width; at += kLanes) {
    const long left = width - at;
    Floats weights[K];
    for (int k = 0; k < K; k++) weights[k] = load(down + k * width + at, left);
    for (int row = 0; row < R; row++) {
      const Floats values = load(x + row * stride + at, left);
      for (int k = 0; k < K; k++) sums[row][k] = addProduct(sums[row][k], values, weights[k]);
    }
  }
  for (int row = 0; row < R; row++)
    for (int k = 0; k < K; k++) inner[row * rank + k] = sum(sums[row][k]);
}

template <int R, class E>
void innerOf(long rows, const E* x, long stride, const float* down, long width, float* inner, long rank) {
  if constexpr (R > 1)
    if (rows < R) return innerOf<R - 1>(rows, x, stride, down, width, inner, rank);
  long k = 0;
  for (; k + kRanks <= rank; k += kRanks) innerTile<R, kRanks>(x, stride, down + k * width, width, inner + k, rank);
  for (; k < rank; k++) innerTile<R, 1>(x, stride, down + k * width, width, inner + k, rank);
}

/** The inner numbers of one row as its preference has them. */
void modulate(const Delta& delta, long row, float* inner, std::vector<float>& spare) {
  const float *first = delta.first + row * delta.firstStep, *second = delta.second + row * delta.secondStep;
  if (delta.form == kCore) {
    spare.assign(inner, inner + delta.rank);
    for (long to = 0; to < delta.rank; to++) {
      float total = 0;
      for (long from = 0; from < delta.rank; from++) total += spare[from] * first[from * delta.rank + to];
      inner[to] = total;
    }
    return;
  }
  for (long k = 0; k < delta.rank; k++) {
    inner[k] *= first[delta.isOneNumber ? 0 : k];
    if (delta.form == kScaleAndShift) inner[k] += second[k];
  }
}

/** out [rows, w] += inner [rows, r] up^T, as many outputs at a time as a register holds. */
template <class E>
void addOuter(const Delta& delta, long rows, const float* inner, E* out, long stride, std::vector<float>& panel) {
  const long rank = delta.rank;
  panel.resize(rank * kLanes);
  for (long at = 0; at < delta.width; at += kLanes) {
    const long count = std::min(kLanes, delta.width - at);
    if (count < kLanes) std::fill(panel.begin(), panel.end(), 0.0f);
    for (long lane = 0; lane < count; lane++)
      for (long k = 0; k < rank; k++) panel[k * kLanes + lane] = delta.up[(at + lane) * rank + k];
    for (long row = 0; row < rows; row++) {
      Floats sums{};
      for (long k = 0; k < rank; k++) sums = addProduct(sums, all(inner[row * rank + k]), load(panel.data() + k * kLanes));
      E* to = out + row * stride + at;
      store(to, load(to, count) + sums, count);
    }
  }
}

/** `places`: [first row, rows, first column, form] of each delta; `parts`: its down, up and both tensors of its modulation. */
struct NextTokenDeltas {
  static Op op() {
    return {"UniarmNextTokenDeltas",
            {"x: T", "out: T", "places: int32", "parts: N * float"},
            {},
            {"T: {float, bfloat16}", "N: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *x = call.input(0), *out = call.input(1), *places = call.input(2);
    const long deltas = size(places) / 4, rows = dim(x, 0), width = dim(x, 1), stride = dim(out, 1);
    if (dim(out, 0) != rows || 4 * deltas != attributes.integer("N"))
      return call.fail("UniarmNextTokenDeltas: the sizes do not fit");
    for (long index = 0; index < deltas; index++) {
      const int32_t* place = data<int32_t>(places) + 4 * index;
      TF_Tensor* parts[4];
      for (int part = 0; part < 4; part++) parts[part] = call.input(static_cast<int>(3 + 4 * index + part));
      const long rank = dim(parts[0], 0);
      Delta delta{place[0], place[1], place[2], place[3], data<float>(parts[0]), data<float>(parts[1]), rank,
                  dim(parts[1], 0), data<float>(parts[2]), data<float>(parts[3]), 0, 0, false};
      const bool fits = delta.row >= 0 && delta.rows > 0 && delta.row + delta.rows <= rows && delta.column >= 0 &&
                        delta.column + delta.width <= stride && dim(parts[0], 1) == width && dim(parts[1], 1) == rank;
      if (!fits || !takeSteps(delta, size(parts[2]), size(parts[3])))
        return call.fail("UniarmNextTokenDeltas: a delta does not fit");
      if (TF_TensorType(x) == TF_BFLOAT16) add(delta, width, data<bfloat16>(x), data<bfloat16>(out), stride);
      else add(delta, width, data<float>(x), data<float>(out), stride);
    }
  }

 private:
  /** How far apart the rows' modulations lie. @returns whether there are as many as rows, or one for all */
  static bool takeSteps(Delta& delta, long firsts, long seconds) {
    const long each = delta.form == kCore ? delta.rank * delta.rank : delta.rank;
    if (delta.form != kCore && firsts == 1) delta.isOneNumber = true;
    else if (firsts == delta.rows * each) delta.firstStep = each;
    else if (firsts != each) return false;
    if (delta.form != kScaleAndShift) return delta.form == kScale || delta.form == kCore;
    if (seconds == delta.rows * delta.rank) delta.secondStep = delta.rank;
    return seconds == delta.rank || delta.secondStep > 0;
  }

  template <class E>
  static void add(const Delta& delta, long width, const E* x, E* out, long stride) {
    const long tasks = (delta.rows + kRowsATask - 1) / kRowsATask;
    parallel(tasks, 1.0 * delta.rows * delta.rank * (width + delta.width), [&](long task) {
      static thread_local std::vector<float> inner, spare;
      const long first = task * kRowsATask, count = std::min(kRowsATask, delta.rows - first);
      inner.resize(kRowsATask * delta.rank);
      const E* from = x + (delta.row + first) * width;
      for (long row = 0; row < count; row += kRows)
        innerOf<kRows>(std::min<long>(kRows, count - row), from + row * width, width, delta.down, width,
                       inner.data() + row * delta.rank, delta.rank);
      for (long row = 0; row < count; row++) modulate(delta, first + row, inner.data() + row * delta.rank, spare);
      addOuter(delta, count, inner.data(), out + (delta.row + first) * stride + delta.column, stride, spare);
    });
  }
};

const Register<NextTokenDeltas> nextTokenDeltas;

}  // namespace
}  // namespace uniarm
