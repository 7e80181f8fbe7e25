#include "number.h"
#include "op.h"
#include "parallel.h"

namespace uniarm {
namespace {

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

const Register<LogSoftmaxAt> registerLogSoftmaxAt;
const Register<LogSoftmaxAtGrad> registerLogSoftmaxAtGrad;

}  // namespace
}  // namespace uniarm
