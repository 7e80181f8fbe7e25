import { JOBS, LaunchKind } from "@uniarm/pipeline/schema";

/** The most used ones first; a kind that is not named here stands at the end. The playground starts its own runs. */
const ORDER: readonly LaunchKind[] = ["study", "train", "decode", "score", "evaluate", "compare", "pairs", "sleep"];
const STUDY = "train, decode, score and evaluate methods under one protocol, then compare them";

/** What can be launched. */
export const KINDS: readonly { kind: LaunchKind; summary: string }[] = [...new Set([...ORDER, ...LaunchKind.options])]
  .filter((kind) => kind !== "playground" && kind !== "sweep") // a sweep begins in the form of what it runs
  .map((kind) => ({ kind, summary: kind === "study" ? STUDY : JOBS[kind].summary }));

export const isLaunchKind = (text: string | undefined): text is LaunchKind => KINDS.some(({ kind }) => kind === text);
