#include "number.h"
#include "op.h"
#include "parallel.h"

namespace uniarm {
namespace {

UNIARM_INLINE Floats sigmoid(Floats x) { return 1.0f / (1.0f + exponential(-x)); }

/** silu(gate) * up of [gate | up] [N, 2w] -> [N, w]. */
struct SwiGlu {
  static Op op() { return {"UniarmSwiGlu", {"gate_up: T"}, {"y: T"}, {"T: {float, bfloat16}"}}; }
  static void compute(Call& call, const Attributes&) {
    TF_Tensor* gateUp = call.input(0);
    const long width = dim(gateUp, -1) / 2, rows = size(gateUp) / (2 * width);
    TF_Tensor* y = call.output(0, TF_TensorType(gateUp), {rows, width});
    withType(TF_TensorType(gateUp) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      parallel(rows, 8.0 * rows * width, [&](long row) {
        const E* gate = data<E>(gateUp) + row * 2 * width;
        const E* up = gate + width;
        E* to = data<E>(y) + row * width;
        for (long at = 0; at < width; at += kLanes) {
          const Floats x = load(gate + at, width - at);
          store(to + at, x * sigmoid(x) * load(up + at, width - at), width - at);
        }
      });
    });
  }
};

struct SwiGluGrad {
  static Op op() {
    return {"UniarmSwiGluGrad", {"gate_up: T", "dy: T"}, {"d_gate_up: T"}, {"T: {float, bfloat16}"}};
  }
  static void compute(Call& call, const Attributes&) {
    TF_Tensor *gateUp = call.input(0), *dy = call.input(1);
    const long width = dim(gateUp, -1) / 2, rows = size(gateUp) / (2 * width);
    TF_Tensor* gradient = call.output(0, TF_TensorType(gateUp), {rows, 2 * width});
    withType(TF_TensorType(gateUp) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      parallel(rows, 8.0 * rows * width, [&](long row) {
        const E* gate = data<E>(gateUp) + row * 2 * width;
        const E* above = data<E>(dy) + row * width;
        E* to = data<E>(gradient) + row * 2 * width;
        for (long at = 0; at < width; at += kLanes) {
          const long left = width - at;
          const Floats x = load(gate + at, left), s = sigmoid(x), d = load(above + at, left);
          store(to + at, d * load(gate + width + at, left) * s * (1.0f + x * (1.0f - s)), left);
          store(to + width + at, d * x * s, left);
        }
      });
    });
  }
};

const Register<SwiGlu> registerSwiGlu;
const Register<SwiGluGrad> registerSwiGluGrad;

}  // namespace
}  // namespace uniarm
