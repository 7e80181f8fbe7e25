#include <algorithm>
#include <numeric>
#include <vector>

#include "number.h"
#include "op.h"
#include "parallel.h"

namespace uniarm {
namespace {

struct Sampling {
  double temperature, topP;
  long topK;
};

/** The first place where the running sum of weights passes `amount`; rounding may leave a crumb, then the last. */
template <class WeightOf>
long placeOf(long count, double amount, const WeightOf& weightOf) {
  long last = 0;
  for (long place = 0; place < count; place++) {
    const double weight = weightOf(place);
    if (weight <= 0) continue;
    last = place;
    amount -= weight;
    if (amount < 0) return place;
  }
  return last;
}

/** One token of a row: temperature, then the topK largest, then top-p, as the decoder's `filterCandidates` describes them. */
int32_t draw(const float* scores, long width, float logSum, const Sampling& sampling, double uniform) {
  const long best = std::max_element(scores, scores + width) - scores;
  if (sampling.temperature == 0) return static_cast<int32_t>(best);
  const bool filtered = sampling.topK > 0 || sampling.topP < 1;
  if (!filtered && sampling.temperature == 1) {
    for (long at = 0; at < width; at++) {
      uniform -= std::exp(static_cast<double>(scores[at]) - logSum);
      if (uniform < 0) return static_cast<int32_t>(at);
    }
    return static_cast<int32_t>(best);
  }
  std::vector<double> weights(width);
  for (long at = 0; at < width; at++)
    weights[at] = std::exp((static_cast<double>(scores[at]) - scores[best]) / sampling.temperature);
  if (!filtered) {
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    return static_cast<int32_t>(placeOf(width, uniform * total, [&](long at) { return weights[at]; }));
  }
  std::vector<int32_t> kept(width);
  std::iota(kept.begin(), kept.end(), 0);
  const auto likelier = [&](int32_t one, int32_t other) {
    return weights[one] != weights[other] ? weights[one] > weights[other] : one < other;
  };
  if (sampling.topK > 0 && sampling.topK < width) {
    std::partial_sort(kept.begin(), kept.begin() + sampling.topK, kept.end(), likelier);
    kept.resize(sampling.topK);
  }
  double total = 0;
  for (int32_t index : kept) total += weights[index];
  if (sampling.topP < 1) {
    const double droppable = (1 - sampling.topP) * total;
    const double negligible = droppable / kept.size();  // tokens this unlikely cannot reach `droppable` even together
    std::vector<int32_t> likely;
    for (int32_t index : kept)
      if (weights[index] > negligible) likely.push_back(index);
    if (!likely.empty()) kept.swap(likely);
    std::sort(kept.begin(), kept.end(), likelier);
    double left = 0;
    for (int32_t index : kept) left += weights[index];
    double dropped = total - left;
    while (kept.size() > 1 && dropped + weights[kept.back()] <= droppable) {
      dropped += weights[kept.back()];
      kept.pop_back();
    }
  } else {
    std::sort(kept.begin(), kept.end(), likelier);
  }
  double left = 0;
  for (int32_t index : kept) left += weights[index];
  return kept[placeOf(static_cast<long>(kept.size()), uniform * left, [&](long at) { return weights[kept[at]]; })];
}

/**
 * The next token of N rows. logits [(1 + L) N, V] of the base and of L reward models, coefficients [L, N]: the guided scores
 * are base + sum of c_l reward. uniforms [N, 2]: a number in [0, 1) each, as float32 and the rest that float32 rounds off.
 * -> ids [N] and their log-probabilities under the guided distribution, before any filtering.
 */
struct GuidedDraw {
  static Op op() {
    return {"UniarmGuidedDraw",
            {"logits: T", "coefficients: float", "uniforms: float"},
            {"ids: int32", "log_probs: float"},
            {"T: {float, bfloat16}", "temperature: float", "top_k: int", "top_p: float"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *logits = call.input(0), *coefficients = call.input(1), *uniforms = call.input(2);
    const long width = dim(logits, -1), lanes = dim(coefficients, 0), rows = dim(coefficients, 1);
    const Sampling sampling{attributes["temperature"], attributes["top_p"], attributes.integer("top_k")};
    TF_Tensor *ids = call.output(0, TF_INT32, {rows}), *logProbs = call.output(1, TF_FLOAT, {rows});
    if (dim(logits, 0) != (1 + lanes) * rows) return call.fail("UniarmGuidedDraw: logits and coefficients disagree");
    withType(TF_TensorType(logits) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      parallel(rows, 8.0 * rows * width * (1 + lanes), [&](long row) {
        static thread_local std::vector<float> scores;
        scores.resize(padded(width));
        const E* base = data<E>(logits) + row * width;
        for (long at = 0; at < width; at += kLanes) {
          Floats value = load(base + at, width - at);
          for (long lane = 0; lane < lanes; lane++)
            value += data<float>(coefficients)[lane * rows + row] *
                     load(base + (lane + 1) * rows * width + at, width - at);
          store(scores.data() + at, value);
        }
        const float logSum = logSumExp(scores.data(), width);
        const float* uniform = data<float>(uniforms) + 2 * row;
        const int32_t id =
            draw(scores.data(), width, logSum, sampling, static_cast<double>(uniform[0]) + uniform[1]);
        data<int32_t>(ids)[row] = id;
        data<float>(logProbs)[row] = scores[id] - logSum;
      });
    });
  }
};

const Register<GuidedDraw> registerGuidedDraw;

}  // namespace
}  // namespace uniarm
