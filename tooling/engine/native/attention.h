// Causal grouped-query attention of the rows of one key-value head, a few query rows at a time: no [T,S] matrix is kept.
#pragma once
#include <algorithm>
#include <climits>
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

/** Where a row has two responses to one prompt: columns from `second` on follow column `start - 1` and see none between. */
struct Fork {
  long start = 0, second = LONG_MAX;
  long gap(long column) const { return column >= second ? second - start : 0; }
};

/** Columns [from, to) of a row's keys, multiples of kLanes. */
struct Span {
  long from, to;
};
/** The columns that some of a few tokens see, from the first on up to `end`: without those of another response where none sees any. */
struct Seen {
  Span spans[2];
  int count;
  Seen(long start, long end, const Fork& fork, bool isSecond) {
    const long from = start / kLanes * kLanes, resumed = isSecond ? fork.second / kLanes * kLanes : 0;
    const bool isSplit = isSecond && std::max(from, padded(fork.start)) < resumed;
    spans[0] = {from, std::max(from, padded(isSplit ? fork.start : end))};
    spans[1] = {resumed, std::max(resumed, padded(end))};
    count = isSplit ? 2 : 1;
  }
  const Span* begin() const { return spans; }
  const Span* end() const { return spans + count; }
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

/** One head turned by its position (way 1), or back (way -1); cos, sin [size] with sin's first half negated, as the tables have it. */
template <int way, class From, class To>
inline void turn(const From* from, const float* cos, const float* sin, long size, float scale, To* to) {
  constexpr float kWay = way;
  const long half = size / 2, whole = half / kLanes * kLanes;
  for (long at = 0; at < whole; at += kLanes) {
    const Floats a = load(from + at), b = load(from + at + half);
    const Floats along = load(cos + at), across = kWay * load(sin + at + half);
    store(to + at, scale * (a * along - b * across));
    store(to + at + half, scale * (b * along + a * across));
  }
  for (long at = whole; at < half; at++) {
    const float a = toFloat(from[at]), b = toFloat(from[at + half]);
    const float along = cos[at], across = kWay * sin[at + half];
    assign(to[at], scale * (a * along - b * across));
    assign(to[at + half], scale * (b * along + a * across));
  }
}
/** Rotary embedding of one head at one position. */
template <class E>
inline void rotate(const E* from, const float* cos, const float* sin, long size, float scale, float* to) {
  turn<1>(from, cos, sin, size, scale, to);
}
/** The transpose of `rotate`, which takes gradients back. */
template <class E>
inline void rotateBack(const float* from, const float* cos, const float* sin, long size, float scale, E* to) {
  turn<-1>(from, cos, sin, size, scale, to);
}

/** One row of a batch. */
template <class E>
struct Row {
  const E* qkv;             // [T, width]
  const float *cos, *sin;   // [positions, size] each
  long positions;
  long tokens, past, padding;
  Heads heads;
  Fork fork = {};
  /** Where a token stands; columns after a row's last token may be beyond the table, and nothing reads them. */
  long position(long token) const {
    return std::min(std::max(0L, past + token - padding - fork.gap(past + token)), positions - 1);
  }
};

/**
 * All query rows of one key-value head, whose first head is `firstHead`; keys [size, keyStep] transposed, values
 * [S, paddedSize] -> mixed [T, heads * size], logSums [heads, T] or null.
 */
template <class E, class K>
inline void attendHead(const Row<E>& to, long firstHead, const K* keys, long keyStep, const K* values, E* mixed,
                       float* logSums) {
  static thread_local Scratch queryScratch, scoreScratch, outScratch;
  const long heads = to.heads.heads, size = to.heads.size;
  const long wide = to.heads.paddedSize(), rows = to.heads.group() * to.tokens;
  const long columns = padded(to.past + to.tokens);
  float* query = queryScratch.floats(kTileRows * wide);
  float* scores = scoreScratch.floats(kTileRows * columns);
  float* out = outScratch.floats(kTileRows * wide);
  float inverses[kTileRows];  // of the sum of a row's weights
  const float scale = 1.0f / std::sqrt(static_cast<float>(size));
  for (long first = 0; first < rows; first += kTileRows) {
    const long count = std::min(kTileRows, rows - first);
    long end = 0, start = columns;
    bool isSecond = true;
    for (long row = 0; row < count; row++) {
      const long token = (first + row) % to.tokens, head = firstHead + (first + row) / to.tokens;
      const long position = to.position(token);
      rotate(to.qkv + token * to.heads.width() + head * size, to.cos + position * size, to.sin + position * size, size,
             scale, query + row * wide);
      end = std::max(end, to.past + token + 1);
      start = std::min(start, to.heads.firstSeen(to.past + token, to.padding));
      isSecond = isSecond && to.past + token >= to.fork.second;
    }
    const Seen seen(start, end, to.fork, isSecond);
    for (const Span& span : seen)
      multiply(count, query, wide, 1, keys + span.from, keyStep, size, scores + span.from, columns, span.to - span.from,
               false);
    for (long row = 0; row < count; row++) {
      const long token = (first + row) % to.tokens, head = firstHead + (first + row) / to.tokens;
      const long column = to.past + token;
      float* line = scores + row * columns;
      for (const Span& span : seen) {
        std::fill(line + span.from, line + std::min(span.to, std::max(span.from, to.heads.firstSeen(column, to.padding))),
                  -INFINITY);
        std::fill(line + std::min(span.to, std::max(span.from, column + 1)), line + span.to, -INFINITY);
        if (column >= to.fork.second && to.fork.second > span.from && to.fork.start < span.to)
          std::fill(line + std::max(span.from, to.fork.start), line + std::min(span.to, to.fork.second), -INFINITY);
      }
      Floats highest = all(-INFINITY);
      for (const Span& span : seen)
        for (long at = span.from; at < span.to; at += kLanes) highest = larger(load(line + at), highest);
      const float top = largest(highest);
      Floats total{};
      const bool blind = !(top > -INFINITY) && top == top;  // a column of padding sees nothing
      for (const Span& span : seen)
        for (long at = span.from; at < span.to; at += kLanes) {
          const Floats weight = blind ? Floats{} : exponential(load(line + at) - top);
          store(line + at, weight);
          total += weight;
        }
      const float mass = sum(total);
      if (logSums) logSums[head * to.tokens + token] = blind ? 0.0f : top + std::log(mass);
      inverses[row] = blind ? 0.0f : 1.0f / mass;
    }
    for (const Span& span : seen)
      multiply(count, scores + span.from, columns, 1, values + span.from * wide, wide,
               std::max(0L, std::min(span.to, end) - span.from), out, wide, wide, span.from != seen.spans[0].from);
    for (long row = 0; row < count; row++) {
      const long token = (first + row) % to.tokens, head = firstHead + (first + row) / to.tokens;
      E* place = mixed + (token * heads + head) * size;
      for (long at = 0; at < size; at += kLanes) store(place + at, load(out + row * wide + at) * inverses[row], size - at);
    }
  }
}

}  // namespace uniarm
