#include <algorithm>
#include <vector>

#include "number.h"
#include "op.h"
#include "parallel.h"

namespace uniarm {
namespace {

/** log sum exp of a row. */
template <class E>
float logSumExp(const E* row, long width) {
  Floats highest = all(-INFINITY);
  for (long at = 0; at < width; at += kLanes) {
    const long left = width - at;
    if (left >= kLanes) highest = larger(load(row + at), highest);
    else
      for (long lane = 0; lane < left; lane++) highest[lane] = std::max(highest[lane], toFloat(row[at + lane]));
  }
  const float top = largest(highest);
  Floats total{};
  for (long at = 0; at < width; at += kLanes) {
    const long left = width - at;
    Floats part = exponential(load(row + at, left) - top);
    for (long lane = std::max(0L, left); lane < kLanes; lane++) part[lane] = 0;
    total += part;
  }
  return top + std::log(sum(total));
}

/** logits [M,V], ids [M] -> log softmax(logits)[m, ids[m]] and each row's log-sum, [M] float32. */
struct LogSoftmaxAt {
  static Op op() {
    return {"UniarmLogSoftmaxAt",
            {"logits: T", "ids: int32"},
            {"log_probs: float", "log_sums: float"},
            {"T: {float, bfloat16}"}};
  }
  static void compute(Call& call, const Attributes&) {
    TF_Tensor *logits = call.input(0), *ids = call.input(1);
    const long width = dim(logits, -1), rows = size(ids);
    TF_Tensor *logProbs = call.output(0, TF_FLOAT, {rows}), *logSums = call.output(1, TF_FLOAT, {rows});
    withType(TF_TensorType(logits) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      parallel(rows, 8.0 * rows * width, [&](long row) {
        const E* line = data<E>(logits) + row * width;
        const float logSum = logSumExp(line, width);
        data<float>(logSums)[row] = logSum;
        data<float>(logProbs)[row] = toFloat(line[data<int32_t>(ids)[row]]) - logSum;
      });
    });
  }
};

/** Gradient to the logits, dy (one-hot - softmax) -> [M,V] of type D. */
struct LogSoftmaxAtGrad {
  static Op op() {
    return {"UniarmLogSoftmaxAtGrad",
            {"logits: T", "ids: int32", "log_sums: float", "dy: float"},
            {"d_logits: D"},
            {"T: {float, bfloat16}", "D: {float, bfloat16}", "narrow: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *logits = call.input(0), *ids = call.input(1), *logSums = call.input(2), *dy = call.input(3);
    const long width = dim(logits, -1), rows = size(ids);
    const bool half = attributes.integer("narrow") != 0;
    TF_Tensor* gradient = call.output(0, half ? TF_BFLOAT16 : TF_FLOAT, {rows, width});
    withTypes(TF_TensorType(logits) == TF_BFLOAT16, half, [&](auto* as, auto* to) {
      using E = std::remove_pointer_t<decltype(as)>;
      using D = std::remove_pointer_t<decltype(to)>;
      parallel(rows, 8.0 * rows * width, [&](long row) {
        const E* line = data<E>(logits) + row * width;
        D* out = data<D>(gradient) + row * width;
        const float logSum = data<float>(logSums)[row], d = data<float>(dy)[row];
        for (long at = 0; at < width; at += kLanes)
          store(out + at, exponential(load(line + at, width - at) - logSum) * -d, width - at);
        D& target = out[data<int32_t>(ids)[row]];
        assign(target, d * (1.0f - std::exp(toFloat(line[data<int32_t>(ids)[row]]) - logSum)));
      });
    });
  }
};

/** Writes y [M,d] to the rows of x [N,d], in place: x must be the caller's own. Rows that come twice are added up. */
struct AddRows {
  static Op op() {
    return {"UniarmAddRows", {"x: T", "rows: int32", "y: T"}, {}, {"T: {float, bfloat16}"}};
  }
  static void compute(Call& call, const Attributes&) {
    TF_Tensor *x = call.input(0), *rows = call.input(1), *y = call.input(2);
    const long width = dim(x, -1), count = size(rows);
    withType(TF_TensorType(x) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      for (long row = 0; row < count; row++) {
        E* to = data<E>(x) + data<int32_t>(rows)[row] * width;
        const E* from = data<E>(y) + row * width;
        for (long at = 0; at < width; at += kLanes)
          store(to + at, load(to + at, width - at) + load(from + at, width - at), width - at);
      }
    });
  }
};

/**
 * The guided scores of N rows: logits [(1 + L) N, V] of the base and of L reward models, coefficients [L, N] -> base + sum
 * of c_l reward, float32 [N, V]; their log-sum [N]; and each row's largest entry [N], the first of equal ones.
 */
struct GuidedScores {
  static Op op() {
    return {"UniarmGuidedScores",
            {"logits: T", "coefficients: float"},
            {"scores: float", "log_sums: float", "largest: int32"},
            {"T: {float, bfloat16}"}};
  }
  static void compute(Call& call, const Attributes&) {
    TF_Tensor *logits = call.input(0), *coefficients = call.input(1);
    const long width = dim(logits, -1), lanes = dim(coefficients, 0), rows = dim(coefficients, 1);
    TF_Tensor* scores = call.output(0, TF_FLOAT, {rows, width});
    TF_Tensor *logSums = call.output(1, TF_FLOAT, {rows}), *best = call.output(2, TF_INT32, {rows});
    if (dim(logits, 0) != (1 + lanes) * rows) return call.fail("UniarmGuidedScores: logits and coefficients disagree");
    withType(TF_TensorType(logits) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      parallel(rows, 8.0 * rows * width * (1 + lanes), [&](long row) {
        float* to = data<float>(scores) + row * width;
        const E* base = data<E>(logits) + row * width;
        for (long at = 0; at < width; at += kLanes) {
          Floats value = load(base + at, width - at);
          for (long lane = 0; lane < lanes; lane++)
            value += data<float>(coefficients)[lane * rows + row] *
                     load(base + (lane + 1) * rows * width + at, width - at);
          store(to + at, value, width - at);
        }
        data<float>(logSums)[row] = logSumExp(to, width);
        data<int32_t>(best)[row] = static_cast<int32_t>(std::max_element(to, to + width) - to);
      });
    });
  }
};

const Register<LogSoftmaxAt> registerLogSoftmaxAt;
const Register<LogSoftmaxAtGrad> registerLogSoftmaxAtGrad;
const Register<AddRows> registerAddRows;
const Register<GuidedScores> registerGuidedScores;

}  // namespace
}  // namespace uniarm
