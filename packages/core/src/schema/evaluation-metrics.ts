/** How a metric is read. */
export interface EvaluationMetric {
  title: string;
  /** its one sentence, for pages, the command line and documents */
  sentence: string;
  formula: string;
  range: string;
  unit: string;
  better: "larger" | "smaller" | "neither";
  source: string;
}

const NORMALISED = "normalised reward";
const ZITZLER_THIELE =
  "Zitzler, Thiele: Multiobjective Evolutionary Algorithms: A Comparative Case Study and the Strength Pareto Approach (IEEE TEVC 3, 1999)";
const OWN = "defined here";

/** Every metric of an evaluation, once. y is a mean reward vector, z the normalised one, a a preference. */
export const EVALUATION_METRICS = {
  hypervolume: {
    title: "hypervolume",
    sentence: "Size of the part of normalised reward space that the front dominates above the reference point.",
    formula: "volume of the union of the boxes [r, z(a)]",
    range: "0 and above",
    unit: `${NORMALISED} to the power K`,
    better: "larger",
    source: ZITZLER_THIELE,
  },
  meanInnerProduct: {
    title: "mean inner product",
    sentence: "Mean over preferences of the preference times the mean rewards that it obtained.",
    formula: "mean over a of a . y(a)",
    range: "any number",
    unit: "raw reward",
    better: "larger",
    source: "as PARM and UniARM report it",
  },
  hypervolumeContributions: {
    title: "hypervolume contribution",
    sentence: "What the hypervolume loses when a point is left out; dominated points and copies contribute 0.",
    formula: "HV(all) - HV(all but the point)",
    range: "0 to the hypervolume",
    unit: `${NORMALISED} to the power K`,
    better: "larger",
    source: OWN,
  },
  sparsity: {
    title: "sparsity",
    sentence: "Mean squared gap between neighbouring values of the front's points, summed over objectives.",
    formula: "sum over k and neighbours of (z_k(i + 1) - z_k(i))^2 / (n - 1)",
    range: "0 and above; none for fewer than 2 points",
    unit: `${NORMALISED} squared`,
    better: "smaller",
    source:
      "Xu et al.: Prediction-Guided Multi-Objective Reinforcement Learning for Continuous Robot Control (ICML 2020)",
  },
  spacing: {
    title: "spacing",
    sentence: "Standard deviation of the distance from each point of the front to its nearest neighbour.",
    formula: "sqrt(mean of (d_i - mean d)^2), d_i the least L1 distance to another point",
    range: "0 and above; none for fewer than 2 points",
    unit: NORMALISED,
    better: "smaller",
    source:
      "Schott: Fault Tolerant Design Using Single and Multicriteria Genetic Algorithm Optimization (MIT, 1995); divided by n",
  },
  coverage: {
    title: "coverage",
    sentence: "Share of the other front's points that some point of this front equals or beats on every objective.",
    formula: "|{b in B: some a in A with a >= b}| / |B|",
    range: "0 to 1; C(A, B) and C(B, A) need not sum to 1",
    unit: "share",
    better: "larger",
    source: `C-metric of ${ZITZLER_THIELE}`,
  },
  preferenceCosine: {
    title: "preference cosine",
    sentence: "Cosine between the preference and the normalised mean rewards that it obtained, mean over preferences.",
    formula: "a . z(a) / (|a| |z(a)|)",
    range: "-1 to 1; none where all normalised rewards are 0",
    unit: "none",
    better: "larger",
    source: OWN,
  },
  poolRegret: {
    title: "regret against the pool",
    sentence: "How far a method's answers are behind the best of all methods' to the same prompt and preference.",
    formula: "mean over prompts and a of max over methods of a . y - a . y(own)",
    range: "0 and above",
    unit: "raw reward",
    better: "smaller",
    source: OWN,
  },
  optimumRegret: {
    title: "regret against the optimum",
    sentence: "How far the mean inner product is behind that of the best possible answers.",
    formula: "mean over a of a . y*(a) - a . y(a)",
    range: "0 and above; none where no optimum is known",
    unit: "raw reward",
    better: "smaller",
    source: OWN,
  },
  steeringCorrelation: {
    title: "steering correlation",
    sentence: "Spearman's rank correlation of an objective's mean reward with its own entry of the preference.",
    formula: "Spearman(a_k, z_k(a)) over the points",
    range: "-1 to 1; none where either is constant",
    unit: "none",
    better: "larger",
    source: OWN,
  },
  steeringSlope: {
    title: "steering slope",
    sentence: "How much an objective's mean reward rises as its own entry of the preference goes from 0 to 1.",
    formula: "least-squares slope of z_k(a) in a_k; local: between neighbouring values of a_k",
    range: "any number; none where the entry is constant",
    unit: `${NORMALISED} per 1 of preference`,
    better: "larger",
    source: OWN,
  },
  preferenceEffect: {
    title: "preference effect",
    sentence: "What following the preference gains over answers whose preferences are permuted within each prompt.",
    formula: "mean over prompts and a of (a - mean a) . z(prompt, a); p of permutations within prompts",
    range: "any number; none for one preference",
    unit: NORMALISED,
    better: "larger",
    source: OWN,
  },
  klFromBase: {
    title: "KL from the base",
    sentence: "Divergence of the steered model from the base on its own samples, in nats a response.",
    formula: "mean over samples of sum over tokens of log p_steered - log p_base",
    range: "0 and above; its estimate may fall below",
    unit: "nats a response",
    better: "neither",
    source: "Monte Carlo estimate of KL(steered || base)",
  },
  basePerplexity: {
    title: "perplexity under the base",
    sentence: "How surprising the answers' tokens are to the base model.",
    formula: "exp(- sum of log p_base / number of tokens)",
    range: "1 and above",
    unit: "none",
    better: "neither",
    source: OWN,
  },
  lengthTokens: {
    title: "length",
    sentence: "Mean number of tokens of an answer, without the one that ends it.",
    formula: "mean over answers of their tokens",
    range: "0 and above",
    unit: "tokens",
    better: "neither",
    source: OWN,
  },
  distinct: {
    title: "distinct-1, -2, -3",
    sentence: "Share of different n-grams of tokens among all n-grams of the answers together.",
    formula: "|different n-grams| / |n-grams|",
    range: "0 to 1; none without n-grams; falls with the number of answers",
    unit: "share",
    better: "larger",
    source: "Li et al.: A Diversity-Promoting Objective Function for Neural Conversation Models (NAACL 2016)",
  },
  repeatedFourGrams: {
    title: "repeated 4-grams",
    sentence: "Share of an answer's 4-grams of tokens that occurred in it before, mean over answers that have any.",
    formula: "mean over answers of 1 - |different 4-grams| / |4-grams|",
    range: "0 to 1; none where no answer has 4 tokens",
    unit: "share",
    better: "smaller",
    source: OWN,
  },
  endedShare: {
    title: "ended",
    sentence: "Share of answers that ended by themselves instead of at the limit of tokens.",
    formula: "|answers with an end| / |answers|",
    range: "0 to 1",
    unit: "share",
    better: "larger",
    source: OWN,
  },
} as const satisfies Record<string, EvaluationMetric>;
