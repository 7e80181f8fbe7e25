import type { TokenStep } from "@uniarm/core/schema";
import type { Steerer } from "./steered-by.ts";

/** Why this token was chosen and not the runner-up. */
export function flipSentence({ text, base, arm, fused, runnerUp }: TokenStep, by: Steerer = "ARM"): string {
  const [token, other] = [quoted(text), quoted(runnerUp.text)];
  const [fromBase, fromArm] = [base - runnerUp.base, arm - runnerUp.arm];
  if (fused < runnerUp.fused)
    return `Sampling took ${token}: ${other} was likelier by ${nats(runnerUp.fused - fused)}.`;
  if (fromBase < 0)
    return `The ${by} flipped it: the base prefers ${other} by ${nats(-fromBase)}, the ${by} ${token} by ${nats(fromArm)}.`;
  if (fromArm < 0)
    return `The base holds it against the ${by}: it prefers ${token} by ${nats(fromBase)}, the ${by} ${other} by ${nats(-fromArm)}.`;
  if (fromArm === 0) return `The base prefers ${token} to ${other} by ${nats(fromBase)}; nothing guides.`;
  return `Both prefer ${token} to ${other}: the base by ${nats(fromBase)}, the ${by} by ${nats(fromArm)}.`;
}

export const quoted = (text: string): string => (text === "" ? "(end)" : `“${text.replaceAll("\n", "⏎")}”`);
const nats = (value: number): string => `${value.toFixed(2)} nats`;
