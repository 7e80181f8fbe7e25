import { Method, methodOf, StrengthRule } from "@uniarm/core/schema";
import type { Path } from "./path.ts";
import type { StudyConfig, StudyMethod } from "./study.ts";

/** Whether a method has several strengths, one of which is chosen on validation prompts. */
export const choosesStrength = ({ strengths }: StudyMethod): boolean => strengths !== undefined;

/** How the study's methods choose. */
export const strengthRuleOf = ({ strengthChoice }: Pick<StudyConfig, "strengthChoice">): StrengthRule =>
  StrengthRule.parse({ by: strengthChoice?.by, maxPerplexityRatio: strengthChoice?.maxPerplexityRatio });

/** Where the prompts lie that strengths are chosen on. */
export const strengthPromptsOf = ({ strengthChoice }: Pick<StudyConfig, "strengthChoice">): string =>
  strengthChoice?.prompts ?? "tiny-world:validation";

/** Whether the base model answers those prompts, too: a bound on fluency compares with it. */
export const comparesWithBase = ({
  methods,
  strengthChoice,
}: Pick<StudyConfig, "methods" | "strengthChoice">): boolean =>
  strengthChoice?.maxPerplexityRatio !== undefined && methods.some(choosesStrength);

/** What does not fit of the strengths that methods choose from. */
export function* strengthIssues({
  methods,
  strengthChoice,
  task,
}: Pick<StudyConfig, "methods" | "strengthChoice" | "task">): Generator<[Path, string]> {
  const searching = methods.filter(({ strengths }) => strengths !== undefined);
  const bound = strengthChoice?.maxPerplexityRatio;
  if (strengthChoice && searching.length === 0)
    yield [["strengthChoice"], "it has no effect where no method has strengths to choose from: give one some"];
  if (searching.length > 0 && task.type === "files" && strengthChoice?.prompts === undefined)
    yield [
      ["strengthChoice", "prompts"],
      "strengths are chosen on prompts of their own, never on those that methods are measured on: name a file of validation prompts",
    ];
  if (task.type === "files" && strengthChoice?.prompts === task.prompts)
    yield [["strengthChoice", "prompts"], "these are the prompts that methods are measured on: name others"];
  if (strengthChoice?.prompts !== undefined && task.type === "tiny-world")
    yield [["strengthChoice", "prompts"], "tiny-world has validation prompts of its own: leave it out"];
  for (const [index, method] of methods.entries())
    if (method.strengths)
      for (const issue of issuesOf(method, method.strengths, bound)) yield [["methods", index, issue[0]], issue[1]];
}

function* issuesOf(
  { strength, training, decoding, configurationsTried }: StudyMethod,
  strengths: readonly number[],
  bound: number | undefined,
): Generator<[string, string]> {
  const trained = Method.default("uniarm").safeParse(training.method).data;
  if (trained && methodOf(trained).trains !== "arm")
    yield ["strengths", `${trained} tunes policies, which have no strength: leave strengths out`];
  if (strength !== 1) yield ["strengths", "strength says which is taken, strengths let it be chosen: give one of them"];
  if (decoding?.coefficients !== undefined)
    yield ["strengths", "coefficients are used as they are, and have no strength: give one of them"];
  if (bound !== undefined && decoding?.beams !== undefined)
    yield [
      "strengths",
      "beam search does not read how likely the base model finds an answer, which strengthChoice.maxPerplexityRatio bounds: leave one of them out",
    ];
  if (configurationsTried !== undefined && configurationsTried < strengths.length)
    yield [
      "configurationsTried",
      `the study itself measures ${strengths.length} strengths: state all configurations that were tried, or leave it out`,
    ];
}
