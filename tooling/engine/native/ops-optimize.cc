#include <algorithm>
#include <cmath>
#include <vector>

#include "op.h"
#include "parallel.h"

// What an optimizer does to all trained tensors at once: an adapter has a hundred small ones, and an operation each of a
// dozen kinds cost a fifth of a training step.
namespace uniarm {
namespace {

constexpr long kNumbersATask = 16384;

/** A part of one tensor of a list. */
struct Span {
  int tensor;
  long begin, end;
};

std::vector<Span> spansOf(const std::vector<TF_Tensor*>& tensors) {
  std::vector<Span> spans;
  for (size_t index = 0; index < tensors.size(); index++)
    for (long begin = 0, count = size(tensors[index]); begin < count; begin += kNumbersATask)
      spans.push_back({static_cast<int>(index), begin, std::min(count, begin + kNumbersATask)});
  return spans;
}

/** `count` inputs of a list that begins at `first`. */
std::vector<TF_Tensor*> inputs(Call& call, long first, long count) {
  std::vector<TF_Tensor*> tensors;
  for (long index = 0; index < count; index++) tensors.push_back(call.input(static_cast<int>(first + index)));
  return tensors;
}
std::vector<TF_Tensor*> outputsLike(Call& call, long first, const std::vector<TF_Tensor*>& like) {
  std::vector<TF_Tensor*> tensors;
  for (size_t index = 0; index < like.size(); index++)
    tensors.push_back(call.output(static_cast<int>(first + index), TF_FLOAT, shape(like[index])));
  return tensors;
}

double numbersIn(const std::vector<Span>& spans) {
  double count = 0;
  for (const Span& span : spans) count += static_cast<double>(span.end - span.begin);
  return count;
}

/** gradients, max_norm [] -> gradients min(1, max_norm / (norm + 1e-6)), and norm [], the L2 norm over all of them. */
struct ClipByGlobalNorm {
  static Op op() {
    return {"UniarmClipByGlobalNorm",
            {"gradients: N * float", "max_norm: float"},
            {"clipped: N * float", "norm: float"},
            {"N: int >= 1"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    const long count = attributes.integer("N");
    const std::vector<TF_Tensor*> gradients = inputs(call, 0, count);
    const float maxNorm = data<float>(call.input(static_cast<int>(count)))[0];
    const std::vector<TF_Tensor*> clipped = outputsLike(call, 0, gradients);
    TF_Tensor* norm = call.output(static_cast<int>(count), TF_FLOAT, {});
    const std::vector<Span> spans = spansOf(gradients);
    const double numbers = numbersIn(spans);
    std::vector<double> squares(spans.size());
    parallel(static_cast<long>(spans.size()), numbers, [&](long task) {
      const Span& span = spans[task];
      const float* from = data<float>(gradients[span.tensor]);
      double sum = 0;
      for (long at = span.begin; at < span.end; at++) sum += static_cast<double>(from[at]) * from[at];
      squares[task] = sum;
    });
    double total = 0;  // in the order of the spans, whoever summed them
    for (double part : squares) total += part;
    const float length = static_cast<float>(std::sqrt(total));
    const float share = maxNorm / (length + 1e-6f);
    const float scale = share > 1 ? 1 : share;  // a NaN stays one
    data<float>(norm)[0] = length;
    parallel(static_cast<long>(spans.size()), numbers, [&](long task) {
      const Span& span = spans[task];
      const float* from = data<float>(gradients[span.tensor]);
      float* to = data<float>(clipped[span.tensor]);
      for (long at = span.begin; at < span.end; at++) to[at] = from[at] * scale;
    });
  }
};

/**
 * AdamW's update of N tensors. numbers [8]: the moments' decays, the rate with the first moment's bias correction, the
 * second's bias correction, epsilon, what weight decay leaves of a value, and 1 less each decay.
 */
struct AdamW {
  static Op op() {
    return {"UniarmAdamW",
            {"values: N * float", "firsts: N * float", "seconds: N * float", "gradients: N * float", "numbers: float"},
            {"new_values: N * float", "new_firsts: N * float", "new_seconds: N * float"},
            {"N: int >= 1"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    const long count = attributes.integer("N");
    const std::vector<TF_Tensor*> values = inputs(call, 0, count), firsts = inputs(call, count, count);
    const std::vector<TF_Tensor*> seconds = inputs(call, 2 * count, count), gradients = inputs(call, 3 * count, count);
    const float* numbers = data<float>(call.input(static_cast<int>(4 * count)));
    const float beta1 = numbers[0], beta2 = numbers[1], rate = numbers[2], correction = numbers[3];
    const float epsilon = numbers[4], kept = numbers[5], rest1 = numbers[6], rest2 = numbers[7];
    const std::vector<TF_Tensor*> newValues = outputsLike(call, 0, values);
    const std::vector<TF_Tensor*> newFirsts = outputsLike(call, count, values);
    const std::vector<TF_Tensor*> newSeconds = outputsLike(call, 2 * count, values);
    for (long index = 0; index < count; index++) {
      const long numbersIn = size(values[index]);
      if (size(firsts[index]) != numbersIn || size(seconds[index]) != numbersIn || size(gradients[index]) != numbersIn)
        return call.fail("UniarmAdamW: a value, its moments and its gradient differ in size");
    }
    const std::vector<Span> spans = spansOf(values);
    parallel(static_cast<long>(spans.size()), 8 * numbersIn(spans), [&](long task) {
      const Span& span = spans[task];
      const float *value = data<float>(values[span.tensor]), *gradient = data<float>(gradients[span.tensor]);
      const float *first = data<float>(firsts[span.tensor]), *second = data<float>(seconds[span.tensor]);
      float *newValue = data<float>(newValues[span.tensor]), *newFirst = data<float>(newFirsts[span.tensor]);
      float* newSecond = data<float>(newSeconds[span.tensor]);
      for (long at = span.begin; at < span.end; at++) {
        const float g = gradient[at];
        const float m = first[at] * beta1 + g * rest1;
        const float v = second[at] * beta2 + g * g * rest2;
        newFirst[at] = m;
        newSecond[at] = v;
        newValue[at] = value[at] * kept - m * rate / (std::sqrt(v) * correction + epsilon);
      }
    });
  }
};

const Register<ClipByGlobalNorm> registerClipByGlobalNorm;
const Register<AdamW> registerAdamW;

}  // namespace
}  // namespace uniarm
