import type { WorkKind } from "../schema/kinds.ts";
import type { Stage } from "./stage.ts";

/** Every stage, once. Only the code of the one that is asked for is loaded: a comparison needs no tensors. */
export const STAGES = {
  pairs: async () => (await import("./pairs.ts")).pairsStage,
  train: async () => (await import("./train.ts")).trainStage,
  decode: async () => (await import("./decode.ts")).decodeStage,
  score: async () => (await import("./score.ts")).scoreStage,
  evaluate: async () => (await import("./evaluate.ts")).evaluateStage,
  judge: async () => (await import("./judge.ts")).judgeStage,
  choose: async () => (await import("./choose.ts")).chooseStage,
  compare: async () => (await import("./compare.ts")).compareStage,
} satisfies Partial<Record<WorkKind, () => Promise<Stage>>>;

export type StageKind = keyof typeof STAGES;
export const isStage = (kind: WorkKind): kind is StageKind => Object.hasOwn(STAGES, kind);
