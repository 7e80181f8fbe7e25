import type { TokenStep } from "@uniarm/core/schema";
import type { Steerer } from "./steered-by.ts";

/** Differences of so many nats have the full colour. */
export const FULL_NATS = 4;
const STRONGEST = 0.5;

/**
 * How much more the ARM likes a token than the base does, in nats: its log p minus the base's. Null where nothing guides.
 * @param strength what weighs the ARM's log p; 1 for a policy, which nothing weighs
 */
export function gainNats({ arm, base }: Pick<TokenStep, "arm" | "base">, strength: number): number | null {
  return strength > 0 ? arm / strength - base : null; // arm is weighted: strength times its log p
}

export interface Shade {
  /** blue: the ARM likes it more than the base does; orange: less */
  hue: "more" | "less";
  /** of the colour over the page, 0 to 0.5 */
  opacity: number;
}

/** Opacity grows with the difference up to FULL_NATS. */
export function shadeOf(gain: number | null): Shade {
  const size = gain === null || !Number.isFinite(gain) ? 0 : Math.min(1, Math.abs(gain) / FULL_NATS);
  return { hue: (gain ?? 0) >= 0 ? "more" : "less", opacity: size * STRONGEST };
}

export const shadeColour = ({ hue, opacity }: Shade): string =>
  `color-mix(in srgb, var(--series-${hue === "more" ? 1 : 2}) ${Math.round(opacity * 100)}%, transparent)`;

/** "ARM +2.1 nats against the base": what the colour says, for screen readers. */
export const gainText = (gain: number | null, by: Steerer = "ARM"): string =>
  gain === null ? "not guided" : `${by} ${gain >= 0 ? "+" : "−"}${Math.abs(gain).toFixed(1)} nats against the base`;
