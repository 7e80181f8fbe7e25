/**
 * Seeded random streams. A fork depends on the seed and the names on its path, never on how much its parent has drawn,
 * so adding a draw in one place changes nothing elsewhere.
 */
export interface Random {
  /** An independent stream named `name`. */
  fork(name: string): Random;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
  /** Standard normal. */
  normal(): number;
  /** A point of the simplex from Dirichlet(concentration). */
  dirichlet(concentration: readonly number[]): number[];
  /** Index drawn in proportion to `weights` (none negative, sum above 0). */
  categorical(weights: ArrayLike<number>): number;
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** Where the stream stands; `restoreRandom` continues from there. */
  state(): RandomState;
}

/** JSON-safe: the key that forks derive from and the four words of the generator. */
export interface RandomState {
  key: string;
  words: [number, number, number, number];
}

export function createRandom(seed: number): Random {
  const key = String(seed >>> 0);
  return streamOf({ key, words: wordsOf(key) });
}

export function restoreRandom(state: RandomState): Random {
  return streamOf({ key: state.key, words: [...state.words] });
}

function streamOf(state: RandomState): Random {
  const words = state.words;

  // sfc32 (PractRand): period at least 2^32, passes its tests.
  const next = (): number => {
    const sum = (words[0] + words[1] + words[3]) | 0;
    words[3] = (words[3] + 1) | 0;
    words[0] = words[1] ^ (words[1] >>> 9);
    words[1] = (words[2] + (words[2] << 3)) | 0;
    words[2] = (((words[2] << 21) | (words[2] >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  const uniform = (): number => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
  const integer = (limit: number): number => Math.floor(uniform() * limit);
  // Box-Muller without its second value: no state beside the four words.
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

  /** log of a Gamma(shape, 1) draw (Marsaglia & Tsang 2000); the log keeps tiny shapes from underflowing. */
  const logGamma = (shape: number): number => {
    if (shape < 1) return logGamma(shape + 1) + Math.log(1 - uniform()) / shape;
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      if (Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
    }
  };

  return {
    fork: (name) => {
      const key = `${state.key}/${name}`;
      return streamOf({ key, words: wordsOf(key) });
    },
    uniform,
    integer,
    normal,
    dirichlet: (concentration) => {
      const logs = concentration.map(logGamma);
      const largest = Math.max(...logs);
      const parts = logs.map((log) => Math.exp(log - largest));
      const sum = parts.reduce((total, part) => total + part, 0);
      return parts.map((part) => part / sum);
    },
    categorical: (weights) => {
      let sum = 0;
      for (let index = 0; index < weights.length; index++) sum += weights[index]!;
      let left = uniform() * sum;
      let last = 0;
      for (let index = 0; index < weights.length; index++) {
        if (weights[index]! <= 0) continue;
        last = index;
        left -= weights[index]!;
        if (left < 0) return index;
      }
      return last; // rounding may leave a crumb
    },
    shuffle: (items) => {
      const copy = [...items];
      for (let index = copy.length - 1; index > 0; index--) {
        const other = integer(index + 1);
        [copy[index], copy[other]] = [copy[other]!, copy[index]!];
      }
      return copy;
    },
    state: () => ({ key: state.key, words: [...words] }),
  };
}

/** Four well-mixed words from a name (xmur3-style string hash), then a few rounds to leave the seed behind. */
function wordsOf(key: string): [number, number, number, number] {
  let hash = 1779033703 ^ key.length;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  const word = (): number => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    hash ^= hash >>> 16;
    return hash | 0;
  };
  const words: [number, number, number, number] = [word(), word(), word(), 1];
  const warm = streamOf({ key: "", words });
  for (let round = 0; round < 8; round++) warm.uniform();
  return words;
}
