#include "attention.h"
#include "op.h"
#include "parallel.h"

namespace uniarm {
namespace {

Heads headsOf(const Attributes& attributes) {
  return {attributes.integer("heads"), attributes.integer("key_value_heads"), attributes.integer("head_size"),
          attributes.integer("window")};
}

/** A row of a batch that sees no cache; forks [B, 2]: start and second. */
template <class E>
Row<E> rowOf(TF_Tensor* qkv, TF_Tensor* cos, TF_Tensor* sin, TF_Tensor* padding, TF_Tensor* forks, const Heads& heads,
             long row) {
  const long tokens = dim(qkv, 0) / size(padding);
  const int32_t* fork = data<int32_t>(forks) + 2 * row;
  return {data<E>(qkv) + row * tokens * heads.width(),
          data<float>(cos),
          data<float>(sin),
          dim(cos, 0),
          tokens,
          0,
          data<int32_t>(padding)[row],
          heads,
          {fork[0], fork[1]}};
}

/**
 * How far apart lines of a transposed matrix lie: were it a power of two, as the tokens of a row often are, the lines of a
 * column would share few sets of the nearest cache and push each other out.
 */
inline long transposedStep(long tokens) { return padded(tokens) + kAlignment; }

/** Rotated keys [size, step] transposed and values [S, paddedSize] of one key-value head, in float32. */
template <class E>
void unpack(const Row<E>& of, long shared, float* keys, long step, float* keysTransposed, float* values,
            float* valuesTransposed) {
  const Heads& heads = of.heads;
  const long size = heads.size, wide = heads.paddedSize();
  std::vector<float> line(wide, 0.0f);
  for (long token = 0; token < of.tokens; token++) {
    const E* from = of.qkv + token * heads.width() + (heads.heads + shared) * size;
    const long position = of.position(token);
    rotate(from, of.cos + position * size, of.sin + position * size, size, 1.0f, line.data());
    if (keys) std::copy(line.begin(), line.end(), keys + token * wide);
    for (long at = 0; at < size; at++) keysTransposed[at * step + token] = line[at];
    from += heads.shared * size;
    for (long at = 0; at < size; at++) {
      if (values) values[token * wide + at] = toFloat(from[at]);
      if (valuesTransposed) valuesTransposed[at * step + token] = toFloat(from[at]);
    }
  }
}

/** qkv [B*T, (H + 2 Hkv) dh] not yet rotated -> mixed [B*T, H dh] and each row's log-sum of scores [B,H,T]. */
struct Attention {
  static Op op() {
    return {"UniarmAttention",
            {"qkv: T", "cos: float", "sin: float", "padding: int32", "forks: int32"},
            {"mixed: T", "log_sums: float"},
            {"T: {float, bfloat16}", "heads: int", "key_value_heads: int", "head_size: int", "window: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *qkv = call.input(0), *cos = call.input(1), *sin = call.input(2), *padding = call.input(3);
    TF_Tensor* forks = call.input(4);
    const Heads heads = headsOf(attributes);
    const long batch = size(padding), tokens = dim(qkv, 0) / batch, wide = heads.paddedSize();
    const long step = transposedStep(tokens);
    TF_Tensor* mixed = call.output(0, TF_TensorType(qkv), {batch * tokens, heads.heads * heads.size});
    TF_Tensor* logSums = call.output(1, TF_FLOAT, {batch, heads.heads, tokens});
    withType(TF_TensorType(qkv) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      parallel(batch * heads.shared, 2.0 * batch * heads.heads * tokens * tokens * heads.size, [&](long task) {
        static thread_local Scratch keyScratch, valueScratch;
        const long row = task / heads.shared, shared = task % heads.shared;
        float* keys = keyScratch.zeros(heads.size * step);
        float* values = valueScratch.zeros(tokens * wide);
        const Row<E> of = rowOf<E>(qkv, cos, sin, padding, forks, heads, row);
        unpack<E>(of, shared, nullptr, step, keys, values, nullptr);
        attendHead(of, shared * heads.group(), keys, step, values, data<E>(mixed) + row * tokens * heads.heads * heads.size,
                   data<float>(logSums) + row * heads.heads * tokens);
      });
    });
  }
};

/** Query rows of a block of the backward pass: enough of them that the sums for keys and values stay in registers. */
constexpr long kBlock = 4 * kTileRows;

/** Gradient of one key-value head: the weights are made again from the log-sums (FlashAttention, arXiv 2205.14135). */
template <class E>
void headGradient(const Row<E>& of, long shared, const E* mixed, const E* dMixed, const float* logSums, E* dQkv) {
  static thread_local Scratch scratch;
  const Heads& heads = of.heads;
  const long tokens = of.tokens, padding = of.padding;
  const long dh = heads.size, wide = heads.paddedSize(), step = transposedStep(tokens), head_width = heads.heads * dh;
  const long block_line = kBlock * wide, block_scores = kBlock * step, line = tokens * wide, across = dh * step;
  float* at = scratch.zeros(3 * line + 2 * across + 3 * block_line + 2 * block_scores);
  const auto take = [&at](long count) { return std::exchange(at, at + count); };
  float *keys = take(line), *dKeys = take(line), *dValues = take(line);
  float *keysTransposed = take(across), *valuesTransposed = take(across);
  float *query = take(block_line), *dOut = take(block_line), *dQuery = take(block_line);
  float *weights = take(block_scores), *dScores = take(block_scores);
  unpack<E>(of, shared, keys, step, keysTransposed, nullptr, valuesTransposed);
  const float scale = 1.0f / std::sqrt(static_cast<float>(dh));
  for (long head = shared * heads.group(); head < (shared + 1) * heads.group(); head++) {
    for (long first = padding; first < tokens; first += kBlock) {
      const long count = std::min(kBlock, tokens - first), end = first + count;
      const Seen seen(0, end, of.fork, first >= of.fork.second);
      float deltas[kBlock];
      for (long row = 0; row < count; row++) {
        const long token = first + row, position = of.position(token);
        rotate(of.qkv + token * heads.width() + head * dh, of.cos + position * dh, of.sin + position * dh, dh, scale,
               query + row * wide);
        const E *above = dMixed + token * head_width + head * dh, *out = mixed + token * head_width + head * dh;
        Floats product{};
        for (long i = 0; i < dh; i += kLanes) {
          const Floats d = load(above + i, dh - i);
          store(dOut + row * wide + i, d);
          product += d * load(out + i, dh - i);
        }
        deltas[row] = sum(product);
      }
      for (const auto [from, to] : seen) {
        multiply(count, query, wide, 1, keysTransposed + from, step, dh, weights + from, step, to - from, false);
        multiply(count, dOut, wide, 1, valuesTransposed + from, step, dh, dScores + from, step, to - from, false);
        for (long row = 0; row < count; row++) {
          float *weight = weights + row * step, *gradient = dScores + row * step;
          const long token = first + row;
          const float logSum = logSums[head * tokens + token];
          for (long i = from; i < to; i += kLanes) store(weight + i, exponential(load(weight + i) - logSum));
          for (long i = from; i < std::min(to, heads.firstSeen(token, padding)); i++) weight[i] = 0;
          for (long i = std::max(from, token + 1); i < to; i++) weight[i] = 0;
          if (token >= of.fork.second)
            for (long i = std::max(from, of.fork.start); i < std::min(to, of.fork.second); i++) weight[i] = 0;
          for (long i = from; i < to; i += kLanes)
            store(gradient + i, load(weight + i) * (load(gradient + i) - deltas[row]));
        }
        const long columns = std::min(to, end) - from;
        multiply(count, dScores + from, step, 1, keys + from * wide, wide, columns, dQuery, wide, wide, from > 0);
        multiply(columns, weights + from, 1, step, dOut, wide, count, dValues + from * wide, wide, wide, true);
        multiply(columns, dScores + from, 1, step, query, wide, count, dKeys + from * wide, wide, wide, true);
      }
      for (long row = 0; row < count; row++) {
        const long token = first + row, position = of.position(token);
        rotateBack(dQuery + row * wide, of.cos + position * dh, of.sin + position * dh, dh, scale,
                   dQkv + token * heads.width() + head * dh);
      }
    }
  }
  for (long token = 0; token < tokens; token++) {
    const long position = of.position(token);
    E* to = dQkv + token * heads.width() + (heads.heads + shared) * dh;
    rotateBack(dKeys + token * wide, of.cos + position * dh, of.sin + position * dh, dh, 1.0f, to);
    to += heads.shared * dh;
    for (long i = 0; i < dh; i += kLanes) store(to + i, load(dValues + token * wide + i), dh - i);
    if (token >= padding) continue;
    E* queries = dQkv + token * heads.width() + shared * heads.group() * dh;
    for (long i = 0; i < heads.group() * dh; i++) assign(queries[i], 0.0f);
  }
}

struct AttentionGrad {
  static Op op() {
    return {"UniarmAttentionGrad",
            {"qkv: T", "cos: float", "sin: float", "padding: int32", "forks: int32", "mixed: T", "log_sums: float",
             "d_mixed: T"},
            {"d_qkv: T"},
            {"T: {float, bfloat16}", "heads: int", "key_value_heads: int", "head_size: int", "window: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *qkv = call.input(0), *cos = call.input(1), *sin = call.input(2), *padding = call.input(3);
    TF_Tensor *forks = call.input(4), *mixed = call.input(5), *logSums = call.input(6), *dMixed = call.input(7);
    const Heads heads = headsOf(attributes);
    const long batch = size(padding), tokens = dim(qkv, 0) / batch;
    TF_Tensor* dQkv = call.output(0, TF_TensorType(qkv), shape(qkv));
    withType(TF_TensorType(qkv) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      parallel(batch * heads.shared, 5.0 * batch * heads.heads * tokens * tokens * heads.size, [&](long task) {
        const long row = task / heads.shared, start = row * tokens;
        headGradient<E>(rowOf<E>(qkv, cos, sin, padding, forks, heads, row), task % heads.shared,
                        data<E>(mixed) + start * heads.heads * heads.size,
                        data<E>(dMixed) + start * heads.heads * heads.size,
                        data<float>(logSums) + start * heads.heads, data<E>(dQkv) + start * heads.width());
      });
    });
  }
};

/** Whether all of them are numbers of slots. */
inline bool within(TF_Tensor* slots, long count) {
  for (long i = 0; i < size(slots); i++)
    if (data<int32_t>(slots)[i] < 0 || data<int32_t>(slots)[i] >= count) return false;
  return true;
}

/**
 * The same for tokens that follow `past` columns of a cache, which is changed in place: keys [S, Hkv dh, C, 1], rotated,
 * and values [S, Hkv, C, padded dh], C a multiple of 16. Row b of the batch lies in slot slots[b] of the S; others are left
 * alone.
 */
struct CachedAttention {
  static Op op() {
    return {"UniarmCachedAttention",
            {"qkv: T", "keys: T", "values: T", "cos: float", "sin: float", "padding: int32", "past: int32",
             "slots: int32"},
            {"mixed: T"},
            {"T: {float, bfloat16}", "heads: int", "key_value_heads: int", "head_size: int", "window: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *qkv = call.input(0), *keys = call.input(1), *values = call.input(2), *cos = call.input(3);
    TF_Tensor *sin = call.input(4), *padding = call.input(5), *pastTensor = call.input(6), *slots = call.input(7);
    const Heads heads = headsOf(attributes);
    const long batch = size(padding), tokens = dim(qkv, 0) / batch, wide = heads.paddedSize(), dh = heads.size;
    const long past = data<int32_t>(pastTensor)[0], capacity = dim(keys, 2);
    TF_Tensor* mixed = call.output(0, TF_TensorType(qkv), {batch * tokens, heads.heads * dh});
    if (past + tokens > capacity) return call.fail("the cache has no room for the new columns");
    if (size(slots) != batch || !within(slots, dim(keys, 0))) return call.fail("a row has no slot in the cache");
    withType(TF_TensorType(qkv) == TF_BFLOAT16, [&](auto* as) {
      using E = std::remove_pointer_t<decltype(as)>;
      parallel(batch * heads.shared, 2.0 * batch * heads.heads * tokens * (past + tokens) * dh, [&](long task) {
        const long row = task / heads.shared, shared = task % heads.shared, left = data<int32_t>(padding)[row];
        const E* from = data<E>(qkv) + row * tokens * heads.width();
        const long block = data<int32_t>(slots)[row] * heads.shared + shared;
        E* keyBlock = data<E>(keys) + block * dh * capacity;
        E* valueBlock = data<E>(values) + block * capacity * wide;
        std::vector<float> line(wide, 0.0f);
        for (long token = 0; token < tokens; token++) {
          const long position = std::max(0L, past + token - left);
          const E* key = from + token * heads.width() + (heads.heads + shared) * dh;
          rotate(key, data<float>(cos) + position * dh, data<float>(sin) + position * dh, dh, 1.0f, line.data());
          for (long i = 0; i < dh; i++) assign(keyBlock[i * capacity + past + token], line[i]);
          const E* value = key + heads.shared * dh;
          E* place = valueBlock + (past + token) * wide;
          for (long i = 0; i < wide; i += kLanes) store(place + i, i < dh ? load(value + i, dh - i) : Floats{});
        }
        const Row<E> of{from, data<float>(cos), data<float>(sin), dim(cos, 0), tokens, past, left, heads};
        attendHead(of, shared * heads.group(), keyBlock, capacity, valueBlock,
                   data<E>(mixed) + row * tokens * heads.heads * dh, static_cast<float*>(nullptr));
      });
    });
  }
};

/** Slots of a cache tensor [S, outer, C, inner] -> [slots, outer, capacity, inner]; `used` columns are copied, of slot -1 none. */
struct CacheRows {
  static Op op() {
    return {"UniarmCacheRows",
            {"cache: T", "slots: int32", "sizes: int32"},
            {"gathered: T"},
            {"T: {float, bfloat16}"}};
  }
  static void compute(Call& call, const Attributes&) {
    TF_Tensor *cache = call.input(0), *slots = call.input(1);
    const int32_t* sizes = data<int32_t>(call.input(2));  // columns used, capacity to have
    const long used = sizes[0], capacity = sizes[1];
    const long outer = dim(cache, 1), columns = dim(cache, 2), inner = dim(cache, 3), count = size(slots);
    TF_Tensor* gathered = call.output(0, TF_TensorType(cache), {count, outer, capacity, inner});
    const size_t element = TF_DataTypeSize(TF_TensorType(cache));
    if (used > columns || used > capacity) return call.fail("a cache holds fewer columns than are to be copied");
    parallel(count * outer, static_cast<double>(count * outer * used * inner), [&](long task) {
      const long slot = data<int32_t>(slots)[task / outer], copied = slot < 0 ? 0 : used;
      const char* from = data<char>(cache) + (slot * outer + task % outer) * columns * inner * element;
      char* to = data<char>(gathered) + task * capacity * inner * element;
      if (copied > 0) std::memcpy(to, from, copied * inner * element);
      // whatever is read is a number
      std::memset(to + copied * inner * element, 0, (capacity - copied) * inner * element);
    });
  }
};

/** Copies `used` columns of slots from[i] of a cache tensor [S, outer, C, inner] to slots to[i], in place; no slot is in both. */
struct CacheCopy {
  static Op op() {
    return {"UniarmCacheCopy",
            {"cache: T", "from: int32", "to: int32", "used: int32"},
            {"copied: int32"},
            {"T: {float, bfloat16}"}};
  }
  static void compute(Call& call, const Attributes&) {
    TF_Tensor *cache = call.input(0), *from = call.input(1), *to = call.input(2);
    const long used = data<int32_t>(call.input(3))[0], count = size(from);
    const long slots = dim(cache, 0), outer = dim(cache, 1), columns = dim(cache, 2), inner = dim(cache, 3);
    const size_t element = TF_DataTypeSize(TF_TensorType(cache));
    data<int32_t>(call.output(0, TF_INT32, {1}))[0] = static_cast<int32_t>(count);
    if (size(to) != count || !within(from, slots) || !within(to, slots) || used > columns)
      return call.fail("slots or columns are to be copied that the cache does not have");
    parallel(count * outer, static_cast<double>(count * outer * used * inner), [&](long task) {
      const auto place = [&](TF_Tensor* slot) {
        const long row = data<int32_t>(slot)[task / outer] * outer + task % outer;
        return data<char>(cache) + row * columns * inner * element;
      };
      std::memcpy(place(to), place(from), used * inner * element);
    });
  }
};

const Register<Attention> registerAttention;
const Register<AttentionGrad> registerAttentionGrad;
const Register<CachedAttention> registerCachedAttention;
const Register<CacheRows> registerCacheRows;
const Register<CacheCopy> registerCacheCopy;

}  // namespace
}  // namespace uniarm
