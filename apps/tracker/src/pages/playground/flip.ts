import type { TokenStep } from "@uniarm/core/schema";

/** Whose doing it was that this token came and not the runner-up. */
export function flipSentence({ text, base, arm, fused, runnerUp }: TokenStep): string {
  const [token, other] = [quoted(text), quoted(runnerUp.text)];
  const [fromBase, fromArm] = [base - runnerUp.base, arm - runnerUp.arm];
  if (fused < runnerUp.fused)
    return `Sampling took ${token}: ${other} was likelier by ${nats(runnerUp.fused - fused)}.`;
  if (fromBase < 0)
    return `The reward model flipped it: the base prefers ${other} by ${nats(-fromBase)}, the reward model ${token} by ${nats(fromArm)}.`;
  if (fromArm < 0)
    return `The base holds it against the reward model: it prefers ${token} by ${nats(fromBase)}, the reward model ${other} by ${nats(-fromArm)}.`;
  if (fromArm === 0) return `The base prefers ${token} to ${other} by ${nats(fromBase)}; nothing guides.`;
  return `Both prefer ${token} to ${other}: the base by ${nats(fromBase)}, the reward model by ${nats(fromArm)}.`;
}

export const quoted = (text: string): string => (text === "" ? "(end)" : `“${text.replaceAll("\n", "⏎")}”`);
const nats = (value: number): string => `${value.toFixed(2)} nats`;
