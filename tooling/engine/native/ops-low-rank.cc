#include <algorithm>
#include <type_traits>
#include <vector>

#include "multiply.h"
#include "op.h"
#include "parallel.h"

// The three products of a low-rank adapter, each over the rows and columns of a bigger activation [N, width] that belong to
// one module: thin = x M [b, n/b, r]; outer = y^T x [r, w]; x += y M [n, w] in place. `place`: first row, rows, first column,
// b (the rows of the batch, to which the adapter's modulation belongs).
namespace uniarm {
namespace {

constexpr long kRowsATask = 48;

struct Place {
  long row, rows, column, batch;
};
Place placeOf(TF_Tensor* tensor) {
  const int32_t* values = data<int32_t>(tensor);
  return {values[0], values[1], values[2], values[3]};
}

/** m [w, r] or, transposed, [r, w] in float32 -> [rows, padded columns] as asked. */
std::vector<float> arranged(TF_Tensor* m, bool transposed, long rows, long columns) {
  const long wide = toLanes(columns);
  std::vector<float> values(rows * wide, 0.0f);
  const float* from = data<float>(m);
  for (long row = 0; row < rows; row++)
    for (long column = 0; column < columns; column++)
      values[row * wide + column] = transposed ? from[column * rows + row] : from[row * columns + column];
  return values;
}

bool fits(TF_Tensor* x, const Place& place, long width) {
  const long columns = dim(x, -1), rows = size(x) / columns;
  return place.row >= 0 && place.column >= 0 && place.row + place.rows <= rows && place.column + width <= columns;
}

/** x[rows, column ... column + w] times m: [r, w] ("by_rows": 1) or [w, r] (0) -> float32 [b, rows / b, r]. */
struct Thin {
  static Op op() {
    return {"UniarmThin",
            {"x: T", "m: float", "place: int32"},
            {"y: float"},
            {"T: {float, bfloat16}", "by_rows: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *x = call.input(0), *m = call.input(1);
    const Place place = placeOf(call.input(2));
    const bool byRows = attributes.integer("by_rows") != 0;
    const long rank = dim(m, byRows ? 0 : 1), width = dim(m, byRows ? 1 : 0), stride = dim(x, -1), wide = toLanes(rank);
    TF_Tensor* y = call.output(0, TF_FLOAT, {place.batch, place.rows / place.batch, rank});
    if (!fits(x, place, width)) return call.fail("UniarmThin: the place lies outside x");
    const std::vector<float> right = arranged(m, byRows, width, rank);
    withType(TF_TensorType(x) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      const E* from = data<E>(x) + place.row * stride + place.column;
      parallel((place.rows + kRowsATask - 1) / kRowsATask, 1.0 * place.rows * width * wide, [&](long task) {
        static thread_local std::vector<float> left, out;
        const long first = task * kRowsATask, count = std::min(kRowsATask, place.rows - first);
        const E* rows = from + first * stride;
        out.resize(kRowsATask * wide);
        if constexpr (std::is_same_v<E, float>) {
          multiply(count, rows, stride, 1, right.data(), wide, width, out.data(), wide, wide, false);
        } else {
          const long step = toLanes(width);
          left.resize(kRowsATask * step);
          for (long row = 0; row < count; row++)
            for (long at = 0; at < width; at += kLanes)
              store(left.data() + row * step + at, load(rows + row * stride + at, width - at));
          multiply(count, left.data(), step, 1, right.data(), wide, width, out.data(), wide, wide, false);
        }
        for (long row = 0; row < count; row++)
          std::copy_n(out.data() + row * wide, rank, data<float>(y) + (first + row) * rank);
      });
    });
  }
};

/** y^T x over the rows of the place, y [rows, r] float32 -> [r, w] ("by_rows": 1) or its transpose [w, r] (0). */
struct Outer {
  static Op op() {
    return {"UniarmOuter",
            {"x: T", "y: float", "place: int32", "width: int32"},
            {"m: float"},
            {"T: {float, bfloat16}", "by_rows: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *x = call.input(0), *y = call.input(1);
    const Place place = placeOf(call.input(2));
    const long width = data<int32_t>(call.input(3))[0], rank = dim(y, -1), stride = dim(x, -1);
    const bool byRows = attributes.integer("by_rows") != 0;
    TF_Tensor* m = call.output(0, TF_FLOAT, byRows ? std::vector<int64_t>{rank, width} : std::vector<int64_t>{width, rank});
    if (!fits(x, place, width)) return call.fail("UniarmOuter: the place lies outside x");
    constexpr long kPanel = 4 * kAlignment;
    withType(TF_TensorType(x) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      const E* from = data<E>(x) + place.row * stride + place.column;
      parallel((width + kPanel - 1) / kPanel, 1.0 * place.rows * width * rank, [&](long task) {
        static thread_local std::vector<float> out, edge;
        const long column = task * kPanel, count = std::min(kPanel, width - column), wide = toLanes(count);
        out.resize(rank * wide);
        if (count % kLanes == 0) {
          multiply(rank, data<float>(y), 1, rank, from + column, stride, place.rows, out.data(), wide, wide, false);
        } else {  // the last columns: reading whole registers would run past the end of x
          edge.resize(place.rows * wide);
          for (long row = 0; row < place.rows; row++)
            for (long at = 0; at < count; at += kLanes)
              store(edge.data() + row * wide + at, load(from + row * stride + column + at, count - at));
          multiply(rank, data<float>(y), 1, rank, edge.data(), wide, place.rows, out.data(), wide, wide, false);
        }
        float* to = data<float>(m);
        for (long k = 0; k < rank; k++)
          for (long at = 0; at < count; at++)
            to[byRows ? k * width + column + at : (column + at) * rank + k] = out[k * wide + at];
      });
    });
  }
};

/** x += y m on the place, in place: y [rows, r] float32, m [r, w] ("by_rows": 1) or [w, r] (0). */
struct AddThin {
  static Op op() {
    return {"UniarmAddThin",
            {"x: T", "y: float", "m: float", "place: int32"},
            {},
            {"T: {float, bfloat16}", "by_rows: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *x = call.input(0), *y = call.input(1), *m = call.input(2);
    const Place place = placeOf(call.input(3));
    const bool byRows = attributes.integer("by_rows") != 0;
    const long rank = dim(m, byRows ? 0 : 1), width = dim(m, byRows ? 1 : 0), stride = dim(x, -1), wide = toLanes(width);
    if (!fits(x, place, width)) return call.fail("UniarmAddThin: the place lies outside x");
    const std::vector<float> right = arranged(m, !byRows, rank, width);
    withType(TF_TensorType(x) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      E* to = data<E>(x) + place.row * stride + place.column;
      parallel((place.rows + kTileRows - 1) / kTileRows, 1.0 * place.rows * width * rank, [&](long task) {
        static thread_local std::vector<float> out;
        const long first = task * kTileRows, count = std::min(kTileRows, place.rows - first);
        out.resize(kTileRows * wide);
        multiply(count, data<float>(y) + first * rank, rank, 1, right.data(), wide, rank, out.data(), wide, wide, false);
        for (long row = 0; row < count; row++) {
          E* line = to + (first + row) * stride;
          for (long at = 0; at < width; at += kLanes)
            store(line + at, load(line + at, width - at) + load(out.data() + row * wide + at), width - at);
        }
      });
    });
  }
};

const Register<Thin> registerThin;
const Register<Outer> registerOuter;
const Register<AddThin> registerAddThin;

}  // namespace
}  // namespace uniarm
