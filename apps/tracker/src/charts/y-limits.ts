import { listOf, textOfList } from "../text/list.ts";

/** The part of y that a chart shows; null: as far as its values go. */
export interface Limits {
  min: number | null;
  max: number | null;
}

/** In place of a limit that is not set. */
const NONE = "-";

const numberIn = (text: string | undefined): number | null =>
  text === undefined || text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text);

/** Limits in a URL: name, smallest, largest, name ... What cannot be read is left out. */
export function limitsOf(text: string | undefined): ReadonlyMap<string, Limits> {
  const items = listOf(text);
  const limits = new Map<string, Limits>();
  for (let at = 0; at + 2 < items.length; at += 3)
    limits.set(items[at]!, { min: numberIn(items[at + 1]), max: numberIn(items[at + 2]) });
  return limits;
}

/** The list with a chart's limits; null: it has none any more. Undefined when nothing is left. */
export function withLimits(text: string | undefined, name: string, limits: Limits | null): string | undefined {
  const all = new Map(limitsOf(text));
  all.delete(name);
  if (limits) all.set(name, limits);
  return textOfList([...all].flatMap(([key, { min, max }]) => [key, String(min ?? NONE), String(max ?? NONE)]));
}

/** What is written as limits. @returns why it is none, or the limits; null for none at all */
export function readLimits(min: string, max: string): { limits: Limits | null } | { problem: string } {
  const limits = { min: numberIn(min), max: numberIn(max) };
  const isWrong = (text: string, number: number | null): boolean => text.trim() !== "" && number === null;
  if (isWrong(min, limits.min) || isWrong(max, limits.max)) return { problem: "Write numbers, such as 0.5 or 1e-3." };
  if (limits.min !== null && limits.max !== null && limits.min >= limits.max)
    return { problem: "The first has to be below the second." };
  return { limits: limits.min === null && limits.max === null ? null : limits };
}
