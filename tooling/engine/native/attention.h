// Causal grouped-query attention of the rows of one key-value head, a few query rows at a time: no [T,S] matrix is kept.
#pragma once
#include <algorithm>
#include <vector>

#include "multiply.h"

namespace uniarm {

struct Heads {
  long heads, shared, size;  // shared: key-value heads
  long window;               // columns that a token sees, itself included; 0: all before it
  long group() const { return heads / shared; }
  long width() const { return (heads + 2 * shared) * size; }
  long paddedSize() const { return padded(size); }
  /** The first column that a token sees, given its own column and the columns of padding. */
  long firstSeen(long column, long padding) const {
    return window > 0 ? std::max(padding, column + 1 - window) : padding;
  }
};

/** Scratch of one thread that keeps its memory between calls. */
class Scratch {
 public:
  float* floats(long count) {
    if (static_cast<long>(values_.size()) < count) values_.resize(count);
    return values_.data();
  }
  float* zeros(long count) {
    float* start = floats(count);
    std::fill(start, start + count, 0.0f);
    return start;
  }

 private:
  std::vector<float> values_;
};

/** Rotary embedding of one head at one position; cos, sin [size] with sin's first half negated, as the tables have it. */
template <class E>
inline void rotate(const E* from, const float* cos, const float* sin, long size, float scale, float* to) {
  const long half = size / 2;
  for (long at = 0; at < half; at++) {
    const float a = toFloat(from[at]), b = toFloat(from[at + half]);
    to[at] = scale * (a * cos[at] - b * sin[at + half]);
    to[at + half] = scale * (b * cos[at] + a * sin[at + half]);
  }
}
/** The transpose of `rotate`, which takes gradients back. */
template <class E>
inline void rotateBack(const float* from, const float* cos, const float* sin, long size, float scale, E* to) {
  const long half = size / 2;
  for (long at = 0; at < half; at++) {
    const float a = from[at], b = from[at + half];
    assign(to[at], scale * (a * cos[at] + b * sin[at + half]));
    assign(to[at + half], scale * (b * cos[at] - a * sin[at + half]));
  }
}

/** Where the query rows of one key-value head come from and go to. */
template <class E>
struct Queries {
  const E* qkv;      // [T, width] of this batch row
  E* mixed;          // [T, heads * size]
  float* logSums;    // [heads, T], or null
  const float *cos, *sin;
  long tokens, past, padding, firstHead;
  Heads heads;
};

/** All query rows of one key-value head; keys [size, keyStep] transposed, values [S, paddedSize]. */
template <class E, class K>
inline void attendHead(const Queries<E>& to, const K* keys, long keyStep, const K* values) {
  static thread_local Scratch queryScratch, scoreScratch, outScratch;
  const long heads = to.heads.heads, size = to.heads.size;
  const long wide = to.heads.paddedSize(), rows = to.heads.group() * to.tokens;
  const long columns = padded(to.past + to.tokens);
  float* query = queryScratch.floats(kTileRows * wide);
  float* scores = scoreScratch.floats(kTileRows * columns);
  float* out = outScratch.floats(kTileRows * wide);
  const float scale = 1.0f / std::sqrt(static_cast<float>(size));
  for (long first = 0; first < rows; first += kTileRows) {
    const long count = std::min(kTileRows, rows - first);
    long end = 0, start = columns;
    for (long row = 0; row < count; row++) {
      const long token = (first + row) % to.tokens, head = to.firstHead + (first + row) / to.tokens;
      const long position = std::max(0L, to.past + token - to.padding);
      rotate(to.qkv + token * to.heads.width() + head * size, to.cos + position * size, to.sin + position * size, size,
             scale, query + row * wide);
      end = std::max(end, to.past + token + 1);
      start = std::min(start, to.heads.firstSeen(to.past + token, to.padding));
    }
    const long from = start / kLanes * kLanes;
    const long seen = std::max(0L, padded(end) - from);
    multiply(count, query, wide, 1, keys + from, keyStep, size, scores, columns, seen, false);
    for (long row = 0; row < count; row++) {
      const long token = (first + row) % to.tokens, head = to.firstHead + (first + row) / to.tokens;
      float* line = scores + row * columns;  // column `from` onwards
      const long visible = to.past + token + 1 - from;
      const long hidden = to.heads.firstSeen(to.past + token, to.padding) - from;
      for (long at = 0; at < std::min(seen, hidden); at++) line[at] = -INFINITY;
      for (long at = std::max(0L, visible); at < seen; at++) line[at] = -INFINITY;
      Floats highest = all(-INFINITY);
      for (long at = 0; at < seen; at += kLanes) highest = larger(load(line + at), highest);
      const float top = largest(highest);
      Floats total{};
      const bool blind = !(top > -INFINITY) && top == top;  // a column of padding sees nothing
      for (long at = 0; at < seen; at += kLanes) {
        const Floats weight = blind ? Floats{} : exponential(load(line + at) - top);
        store(line + at, weight);
        total += weight;
      }
      const float mass = sum(total);
      if (to.logSums) to.logSums[head * to.tokens + token] = blind ? 0.0f : top + std::log(mass);
      const float inverse = blind ? 0.0f : 1.0f / mass;
      for (long at = 0; at < seen; at += kLanes) store(line + at, load(line + at) * inverse);
    }
    multiply(count, scores, columns, 1, values + from * wide, wide, std::max(0L, end - from), out, wide, wide, false);
    for (long row = 0; row < count; row++) {
      const long token = (first + row) % to.tokens, head = to.firstHead + (first + row) / to.tokens;
      E* place = to.mixed + (token * heads + head) * size;
      for (long at = 0; at < size; at += kLanes) store(place + at, load(out + row * wide + at), size - at);
    }
  }
}

}  // namespace uniarm
