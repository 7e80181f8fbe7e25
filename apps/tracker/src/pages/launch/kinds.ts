import type { LaunchKind } from "../../form/validate.ts";

/** What can be launched, the most asked for first. The playground starts its own runs. */
export const KINDS: readonly { kind: LaunchKind; says: string }[] = [
  { kind: "experiment", says: "train, decode, score and evaluate methods under one protocol, then compare them" },
  { kind: "train", says: "a reward model from preference pairs" },
  { kind: "decode", says: "answers to prompts under preference vectors" },
  { kind: "score", says: "rewards of answers" },
  { kind: "evaluate", says: "a Pareto front from scores" },
  { kind: "compare", says: "several evaluations in one table" },
  { kind: "pairs", says: "preference pairs of the synthetic world" },
  { kind: "sleep", says: "waits and counts: to try the platform itself" },
];

export const isLaunchKind = (text: string | undefined): text is LaunchKind => KINDS.some(({ kind }) => kind === text);
