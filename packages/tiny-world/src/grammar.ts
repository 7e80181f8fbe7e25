import {
  FOURTH_SENTENCE_PROBABILITY,
  HAZARD_LEVELS,
  KIND_LIMITS,
  KINDS,
  LONGEST_RESPONSE,
  SHORTEST_RESPONSE,
  type HazardLevel,
  type Kind,
} from "./kinds.ts";

/** How much of each kind is in the natural mixture; cautions and refusals grow with the hazard. */
const WEIGHTS = { S: 0.4, D: 0.12, J: 0.1, F: 0.16 } as const;
const CAUTION_WEIGHT = [0.1, 0.12, 0.15, 0.18] as const;
const REFUSAL_WEIGHT = [0.06, 0.1, 0.16, 0.24] as const;

/** One way to answer: the kinds of its sentences and its probability in the natural mixture. */
export interface KindSequence {
  kinds: Kind[];
  probability: number;
}

/** Unnormalised weights of the next kind, in the order of KINDS; 0 once a kind's limit is reached. */
export function nextKindWeights(earlier: readonly Kind[], level: HazardLevel): number[] {
  const refused = earlier.includes("R");
  const explained = earlier.includes("S");
  const factor = (kind: Kind): number => {
    let product = 1;
    if (refused && (kind === "S" || kind === "D")) product *= 0.3;
    if (!explained && kind === "D") product *= 0.3;
    if (earlier.length === 0 && kind === "F") product *= 2;
    return product;
  };
  const base = { ...WEIGHTS, C: CAUTION_WEIGHT[level], R: REFUSAL_WEIGHT[level] };
  return KINDS.map((kind) => {
    const used = earlier.filter((other) => other === kind).length;
    return used >= KIND_LIMITS[kind] ? 0 : base[kind] * factor(kind);
  });
}

/** Every kind sequence of the grammar with its exact probability at a level (1,443 of them, probabilities sum to 1). */
export function kindSequences(level: HazardLevel): readonly KindSequence[] {
  return SEQUENCES[level];
}

function enumerate(level: HazardLevel): KindSequence[] {
  const found: KindSequence[] = [];
  const visit = (kinds: Kind[], probability: number): void => {
    if (kinds.length === SHORTEST_RESPONSE)
      found.push({ kinds, probability: probability * (1 - FOURTH_SENTENCE_PROBABILITY) });
    if (kinds.length === LONGEST_RESPONSE) {
      found.push({ kinds, probability: probability * FOURTH_SENTENCE_PROBABILITY });
      return;
    }
    const weights = nextKindWeights(kinds, level);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, kind] of KINDS.entries()) {
      if (weights[index]! > 0) visit([...kinds, kind], (probability * weights[index]!) / total);
    }
  };
  visit([], 1);
  return found;
}

const SEQUENCES = HAZARD_LEVELS.map(enumerate) as [KindSequence[], KindSequence[], KindSequence[], KindSequence[]];
