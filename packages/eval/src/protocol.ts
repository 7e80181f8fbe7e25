import { createHash } from "node:crypto";
import {
  CONDITIONS,
  differingConditions,
  UniArmError,
  type EvaluationConfig,
  type EvaluationReport,
} from "@uniarm/core/schema";

/** A report with the name to show it under: a method, a checkpoint, "base", "optimum". */
export interface NamedReport {
  name: string;
  report: EvaluationReport;
}

/**
 * SHA-256 (hex) of what a figure depends on, apart from the responses: objectives (names and directions, in order),
 * normaliser, reference point, preference vectors and prompts. Figures of equal hashes may be compared.
 */
export function protocolHash(
  { objectives, normaliser, referencePoint }: EvaluationConfig,
  preferences: readonly (readonly number[])[],
  promptIds: readonly string[],
): string {
  const protocol = [
    objectives.map(({ name, direction }) => [name, direction]),
    [normaliser.nadir, normaliser.ideal],
    referencePoint,
    preferences.map((preference) => preference.map(rounded).join(" ")).sort(),
    promptIds.toSorted(),
  ];
  return createHash("sha256").update(JSON.stringify(protocol)).digest("hex");
}

/** SHA-256 (hex) of the prompts' names alone: a report that has it can say that prompts differ, whatever else does. */
export function promptsHash(promptIds: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(promptIds.toSorted())).digest("hex");
}

/** .1 + .2 and .3 are the same preference. */
const rounded = (entry: number): number => Number(entry.toFixed(12));

/** @throws UniArmError evaluation-protocol when normaliser or reference point do not have one entry per objective */
export function checkProtocol({ objectives, normaliser, referencePoint }: EvaluationConfig): void {
  const lengths = { "normaliser.nadir": normaliser.nadir.length, referencePoint: referencePoint.length };
  for (const [key, length] of Object.entries(lengths)) {
    if (length === objectives.length) continue;
    throw new UniArmError(
      "evaluation-protocol",
      `${key} has ${length} entries; expected ${objectives.length}, one per objective [${objectives.map(({ name }) => name).join(", ")}].`,
    );
  }
}

/**
 * Refuses to compare figures of different protocols: the hash has to be the same, and so have the conditions that both reports
 * know (the data's split, decoding, scorer, base weights).
 * @throws UniArmError fronts-not-comparable, saying what differs
 */
export function assertComparable(reports: readonly NamedReport[]): void {
  // each with each: what two reports know may be unknown to a third
  for (const [first, other] of reports.flatMap((one, place) =>
    reports.slice(place + 1).map((second) => [one, second] as const),
  )) {
    const differing = protocolDifferences(first.report, other.report);
    if (differing.length === 0) continue;
    throw new UniArmError(
      "fronts-not-comparable",
      `"${first.name}" and "${other.name}" were measured under different protocols ` +
        `(${shortHash(first.report)} and ${shortHash(other.report)}): they differ in ${differing.join(", ")}. ` +
        "Their hypervolumes cannot be compared. Evaluate both with the same objectives, normaliser, reference point, preferences, prompts and conditions.",
    );
  }
}

export function shortHash({ protocolHash }: Pick<EvaluationReport, "protocolHash">): string {
  return protocolHash.slice(0, 12);
}

/** What keeps two reports out of one table, by name; empty where nothing does. */
export function protocolDifferences(one: EvaluationReport, other: EvaluationReport): string[] {
  const [here, there] = [one.config.conditions, other.config.conditions];
  const conditions = differingConditions(here, there).map(
    (key) => `${CONDITIONS[key]} (${here![key]}; ${there![key]})`,
  );
  if (one.protocolHash === other.protocolHash) return conditions;
  const parts: Record<string, (report: EvaluationReport) => unknown> = {
    objectives: ({ config }) => config.objectives.map(({ name, direction }) => [name, direction]),
    normaliser: ({ config }) => [config.normaliser.nadir, config.normaliser.ideal],
    "reference point": ({ config }) => config.referencePoint,
    preferences: ({ front }) => front.points.map(({ preference }) => preference.map(rounded)),
  };
  const differing = Object.keys(parts).filter(
    (key) => JSON.stringify(parts[key]!(one)) !== JSON.stringify(parts[key]!(other)),
  );
  const hashes = [one.promptsHash, other.promptsHash];
  const isKnown = !hashes.includes(undefined);
  // the hash of an older report covers the prompts, but it holds only their number: what is left when nothing else differs
  if (isKnown ? hashes[0] !== hashes[1] : differing.length === 0) differing.push("prompts");
  return [...differing, ...conditions];
}
