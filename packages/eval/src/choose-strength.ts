import {
  UniArmError,
  type EvaluationReport,
  type Measure,
  type StrengthChoice,
  type StrengthRule,
  type TriedStrength,
} from "@uniarm/core/schema";
import { assertComparable } from "./protocol.ts";

/** The front of one ARM at one strength, on validation prompts. */
export interface FrontAtStrength {
  strength: number;
  report: EvaluationReport;
}

/**
 * The strength whose front has most of the rule's figure, among those whose answers keep within its bound on perplexity. Of equal
 * ones the first that is given.
 * @throws UniArmError strengths-empty, fronts-not-comparable, strengths-excluded, strength-perplexity-unknown
 */
export function chooseStrength(fronts: readonly FrontAtStrength[], rule: StrengthRule): StrengthChoice {
  if (fronts.length === 0)
    throw new UniArmError("strengths-empty", "No strength was measured: a choice needs the front of one at least.");
  assertComparable(fronts.map(({ strength, report }) => ({ name: `strength ${strength}`, report })));
  const tried = fronts.map((front) => triedOf(front, rule));
  const allowed = tried.filter(({ excluded }) => excluded === null);
  if (allowed.length === 0) throw allExcluded(tried, rule);
  const best = allowed.reduce((one, other) => (figureOf(other, rule) > figureOf(one, rule) ? other : one));
  return { rule, chosen: best.strength, tried };
}

function triedOf({ strength, report }: FrontAtStrength, rule: StrengthRule): TriedStrength {
  const { hypervolume, meanInnerProduct } = report.front;
  const perplexityRatio = ratioOf(report);
  return {
    strength,
    hypervolume: hypervolume.value,
    meanInnerProduct: meanInnerProduct.value,
    perplexityRatio,
    excluded: exclusionOf(strength, perplexityRatio, rule),
  };
}

function figureOf({ hypervolume, meanInnerProduct }: TriedStrength, { by }: StrengthRule): number {
  if (by === "sum") return hypervolume + meanInnerProduct;
  return by === "hypervolume" ? hypervolume : meanInnerProduct;
}

/** Of the preference whose answers the base model finds least likely. */
function ratioOf({ front, base }: EvaluationReport): Measure {
  const usual = base?.fluency?.basePerplexity;
  if (usual === undefined) return { value: null, reason: "The base model's own answers were not given." };
  if (usual.value === null) return usual;
  const ratios: number[] = [];
  for (const { fluency } of front.points) {
    const own = fluency?.basePerplexity;
    if (own === undefined) return { value: null, reason: "The answers behind the scores were not given." };
    if (own.value === null) return own;
    ratios.push(own.value / usual.value);
  }
  return { value: Math.max(...ratios) };
}

function exclusionOf(
  strength: number,
  { value, ...why }: Measure,
  { maxPerplexityRatio }: StrengthRule,
): string | null {
  if (maxPerplexityRatio === undefined) return null;
  if (value === null)
    throw new UniArmError(
      "strength-perplexity-unknown",
      `Whether strength ${strength} keeps within maxPerplexityRatio ${maxPerplexityRatio} is not known. ${"reason" in why ? why.reason : ""} ` +
        "Evaluate it with the answers of both, decoded with baseLogProbs, or leave maxPerplexityRatio out.",
    );
  if (value <= maxPerplexityRatio) return null;
  return `perplexity under the base up to ${value.toFixed(2)} times the base's own, more than ${maxPerplexityRatio}`;
}

function allExcluded(tried: readonly TriedStrength[], { maxPerplexityRatio }: StrengthRule): UniArmError {
  const ratios = tried.map(
    ({ strength, perplexityRatio }) => `${perplexityRatio.value!.toFixed(2)} at strength ${strength}`,
  );
  return new UniArmError(
    "strengths-excluded",
    `No strength can be chosen: the perplexity of answers under the base model may be up to ${maxPerplexityRatio} times its own (maxPerplexityRatio), and it is ${ratios.join(", ")}. ` +
      "Add smaller strengths, or raise maxPerplexityRatio.",
  );
}
