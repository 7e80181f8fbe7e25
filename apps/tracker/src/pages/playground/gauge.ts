/** A token that the base model gives less than this was forced on it. */
const UNLIKELY_NATS = Math.log(1e-4);
/** Above so large a share the text is no longer the base model's. */
const MUCH = 0.2;
const SOME = 0.05;

export interface OverGuidance {
  tokens: number;
  /** tokens to which the base model gives less than 1e-4 */
  unlikely: number;
  /** sentences that occurred before in the same answer */
  repeated: number;
  level: "none" | "some" | "much";
}

/** Signs that guidance is too strong: the answer repeats itself, or says what the base model never would. */
export function overGuidance(text: string, baseLogProbs: readonly number[]): OverGuidance {
  const sentences = text
    .split(/(?<=[.!?])\s+/)
    .map((sentence) => sentence.trim().toLowerCase())
    .filter((sentence) => sentence !== "");
  const repeated = sentences.length - new Set(sentences).size;
  const unlikely = baseLogProbs.filter((logProb) => logProb < UNLIKELY_NATS).length;
  const share = baseLogProbs.length === 0 ? 0 : unlikely / baseLogProbs.length;
  const level = repeated > 1 || share > MUCH ? "much" : repeated === 1 || share > SOME ? "some" : "none";
  return { tokens: baseLogProbs.length, unlikely, repeated, level };
}
