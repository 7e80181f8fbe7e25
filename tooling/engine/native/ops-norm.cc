#include "number.h"
#include "op.h"
#include "parallel.h"

namespace uniarm {
namespace {

constexpr long kRowsATask = 16;

template <class Work>
void overRows(long rows, long width, const Work& work) {
  parallel((rows + kRowsATask - 1) / kRowsATask, static_cast<double>(rows * width), [&](long task) {
    const long end = std::min(rows, (task + 1) * kRowsATask);
    for (long row = task * kRowsATask; row < end; row++) work(row);
  });
}

/** sum = x + delta; normed = sum / rms(sum) * weight. x [N,d] float32, delta [N,d] or [0] for none (then sum is [0]). */
template <class E, class H>
void addNorm(long rows, long width, const float* x, const E* delta, const float* weight, float epsilon, float* sums,
             H* normed) {
  overRows(rows, width, [&](long row) {
    const float* from = x + row * width;
    Floats squares{};
    if (delta) {
      float* to = sums + row * width;
      for (long at = 0; at < width; at += kLanes) {
        const Floats value = load(from + at, width - at) + load(delta + row * width + at, width - at);
        store(to + at, value, width - at);
        squares += value * value;
      }
      from = to;
    } else {
      for (long at = 0; at < width; at += kLanes) {
        const Floats value = load(from + at, width - at);
        squares += value * value;
      }
    }
    const float inverse = 1.0f / std::sqrt(sum(squares) / width + epsilon);
    for (long at = 0; at < width; at += kLanes)
      store(normed + row * width + at, load(from + at, width - at) * inverse * load(weight + at, width - at), width - at);
  });
}

struct AddNorm {
  static Op op() {
    return {"UniarmAddNorm",
            {"x: float", "delta: T", "weight: float"},
            {"sum: float", "normed: H"},
            {"T: {float, bfloat16}", "H: {float, bfloat16}", "narrow: int", "epsilon: float"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *x = call.input(0), *delta = call.input(1), *weight = call.input(2);
    const long width = dim(x, -1), rows = size(x) / width;
    const bool adds = size(delta) > 0;
    TF_Tensor* sums = call.output(0, TF_FLOAT, adds ? shape(x) : std::vector<int64_t>{0});
    const bool half = attributes.integer("narrow") != 0;
    TF_Tensor* normed = call.output(1, half ? TF_BFLOAT16 : TF_FLOAT, shape(x));
    withTypes(TF_TensorType(delta) == TF_BFLOAT16, half, [&](auto* of, auto* to) {
      using E = std::remove_pointer_t<decltype(of)>;
      using H = std::remove_pointer_t<decltype(to)>;
      addNorm<E, H>(rows, width, data<float>(x), adds ? data<E>(delta) : nullptr, data<float>(weight),
                    static_cast<float>(attributes["epsilon"]), data<float>(sums), data<H>(normed));
    });
  }
};

/** Gradient of both outputs to what was added: dx in float32 and, rounded, as the delta's. */
template <class E, class H>
void addNormGrad(long rows, long width, const float* sums, const float* weight, float epsilon, const float* dSum,
                 const H* dNormed, float* dx, E* dDelta) {
  overRows(rows, width, [&](long row) {
    const long start = row * width;
    Floats squares{}, along{};
    for (long at = 0; at < width; at += kLanes) {
      const Floats value = load(sums + start + at, width - at);
      squares += value * value;
      along += value * load(weight + at, width - at) * load(dNormed + start + at, width - at);
    }
    const float inverse = 1.0f / std::sqrt(sum(squares) / width + epsilon);
    const float share = sum(along) / width * inverse * inverse;
    for (long at = 0; at < width; at += kLanes) {
      const long left = width - at;
      const Floats scaled = load(dNormed + start + at, left) * load(weight + at, left);
      Floats value = (scaled - load(sums + start + at, left) * share) * inverse;
      if (dSum) value += load(dSum + start + at, left);
      store(dx + start + at, value, left);
      if (dDelta) store(dDelta + start + at, value, left);
    }
  });
}

struct AddNormGrad {
  static Op op() {
    return {"UniarmAddNormGrad",
            {"sum: float", "weight: float", "d_sum: float", "d_normed: H"},
            {"dx: float", "d_delta: T"},
            {"T: {float, bfloat16}", "H: {float, bfloat16}", "narrow: int", "epsilon: float", "wants_delta: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *sums = call.input(0), *weight = call.input(1), *dSum = call.input(2), *dNormed = call.input(3);
    const long width = dim(sums, -1), rows = size(sums) / width;
    const bool wants = attributes.integer("wants_delta") != 0;
    TF_Tensor* dx = call.output(0, TF_FLOAT, shape(sums));
    const bool half = attributes.integer("narrow") != 0;  // the delta's type
    TF_Tensor* dDelta =
        call.output(1, half ? TF_BFLOAT16 : TF_FLOAT, wants ? shape(sums) : std::vector<int64_t>{0});
    withTypes(half, TF_TensorType(dNormed) == TF_BFLOAT16, [&](auto* of, auto* to) {
      using E = std::remove_pointer_t<decltype(of)>;
      using H = std::remove_pointer_t<decltype(to)>;
      addNormGrad<E, H>(rows, width, data<float>(sums), data<float>(weight),
                        static_cast<float>(attributes["epsilon"]), size(dSum) > 0 ? data<float>(dSum) : nullptr,
                        data<H>(dNormed), data<float>(dx), wants ? data<E>(dDelta) : nullptr);
    });
  }
};

/** Queries, keys and values of a token side by side: [(H + 2 Hkv) dh]. */
struct HeadsOfToken {
  long queries, keys, size;
  long width() const { return (queries + 2 * keys) * size; }
  explicit HeadsOfToken(const Attributes& attributes)
      : queries(attributes.integer("heads")),
        keys(attributes.integer("key_value_heads")),
        size(attributes.integer("head_size")) {}
};

/** Each head of the queries and of the keys divided by its own rms, times a weight [dh]; values as they are. */
struct HeadNorms {
  static Op op() {
    return {"UniarmHeadNorms",
            {"qkv: T", "query: float", "key: float"},
            {"normed: T"},
            {"T: {float, bfloat16}", "heads: int", "key_value_heads: int", "head_size: int", "epsilon: float"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *qkv = call.input(0), *query = call.input(1), *key = call.input(2);
    const HeadsOfToken heads(attributes);
    TF_Tensor* normed = call.output(0, TF_TensorType(qkv), shape(qkv));
    const float epsilon = static_cast<float>(attributes["epsilon"]);
    const long width = heads.width(), dh = heads.size;
    withType(TF_TensorType(qkv) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      overRows(size(qkv) / width, width, [&](long row) {
        const E* from = data<E>(qkv) + row * width;
        E* to = data<E>(normed) + row * width;
        for (long head = 0; head < heads.queries + heads.keys; head++, from += dh, to += dh) {
          const float* weight = data<float>(head < heads.queries ? query : key);
          Floats squares{};
          for (long at = 0; at < dh; at += kLanes) {
            const Floats value = load(from + at, dh - at);
            squares += value * value;
          }
          const float inverse = 1.0f / std::sqrt(sum(squares) / dh + epsilon);
          for (long at = 0; at < dh; at += kLanes)
            store(to + at, load(from + at, dh - at) * inverse * load(weight + at, dh - at), dh - at);
        }
        std::copy(from, from + heads.keys * dh, to);
      });
    });
  }
};

struct HeadNormsGrad {
  static Op op() {
    return {"UniarmHeadNormsGrad",
            {"qkv: T", "query: float", "key: float", "d_normed: T"},
            {"d_qkv: T"},
            {"T: {float, bfloat16}", "heads: int", "key_value_heads: int", "head_size: int", "epsilon: float"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *qkv = call.input(0), *query = call.input(1), *key = call.input(2), *dNormed = call.input(3);
    const HeadsOfToken heads(attributes);
    TF_Tensor* dQkv = call.output(0, TF_TensorType(qkv), shape(qkv));
    const float epsilon = static_cast<float>(attributes["epsilon"]);
    const long width = heads.width(), dh = heads.size;
    withType(TF_TensorType(qkv) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      overRows(size(qkv) / width, width, [&](long row) {
        const E *from = data<E>(qkv) + row * width, *above = data<E>(dNormed) + row * width;
        E* to = data<E>(dQkv) + row * width;
        for (long head = 0; head < heads.queries + heads.keys; head++, from += dh, above += dh, to += dh) {
          const float* weight = data<float>(head < heads.queries ? query : key);
          Floats squares{}, along{};
          for (long at = 0; at < dh; at += kLanes) {
            const Floats value = load(from + at, dh - at);
            squares += value * value;
            along += value * load(weight + at, dh - at) * load(above + at, dh - at);
          }
          const float inverse = 1.0f / std::sqrt(sum(squares) / dh + epsilon);
          const float share = sum(along) / dh * inverse * inverse;
          for (long at = 0; at < dh; at += kLanes) {
            const Floats scaled = load(above + at, dh - at) * load(weight + at, dh - at);
            store(to + at, (scaled - load(from + at, dh - at) * share) * inverse, dh - at);
          }
        }
        std::copy(above, above + heads.keys * dh, to);
      });
    });
  }
};

const Register<AddNorm> registerAddNorm;
const Register<AddNormGrad> registerAddNormGrad;
const Register<HeadNorms> registerHeadNorms;
const Register<HeadNormsGrad> registerHeadNormsGrad;

}  // namespace
}  // namespace uniarm
