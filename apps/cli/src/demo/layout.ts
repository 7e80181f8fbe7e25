import { join } from "node:path";

/** What a stage of a demo is called while it runs, and where its files lie; the others lie in a folder of their stage. */
const STAGES: Record<string, { label: string; files?: Record<string, string> }> = {
  pairs: { label: "sample pairs", files: { "pairs.jsonl": "pairs.jsonl" } },
  "base/decode": { label: "answer as base", files: { "generations.jsonl": "base-generations.jsonl" } },
  "METHOD/train": { label: "train", files: { "": "training" } },
  "METHOD/decode": { label: "answer, steered", files: { "generations.jsonl": "generations.jsonl" } },
  "METHOD/score": { label: "score", files: { "scores.jsonl": "scores.jsonl" } },
};

const stageOf = (method: string, node: string): (typeof STAGES)[string] | undefined =>
  STAGES[node.startsWith(`${method}/`) ? `METHOD${node.slice(method.length)}` : node];

export const demoLabel = (method: string, node: string): string => stageOf(method, node)?.label ?? node;

/** The layout of a demo's folder. */
export const demoLayout =
  (method: string) =>
  (node: string, file: string): string =>
    stageOf(method, node)?.files?.[file] ?? join("stages", node, file);

/** The evaluations' files, below the demo's folder. */
export const demoReport = (name: string): string => join("stages", name, "evaluate", "report.json");
