import { listOf, textOfList } from "../text/list.ts";

/** The part of y that a chart shows; null: as far as its values go. */
export interface Limits {
  min: number | null;
  max: number | null;
}

const numberIn = (text: string): number | null =>
  text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text);

/** Limits in a URL, a list of `0.5..2 loss`. What cannot be read is left out. */
export function limitsOf(text: string | undefined): ReadonlyMap<string, Limits> {
  return new Map(
    listOf(text).flatMap((item) => {
      const [, min, max, name] = /^(\S*)\.\.(\S*) (.+)$/s.exec(item) ?? [];
      const limits = { min: numberIn(min ?? ""), max: numberIn(max ?? "") };
      return name === undefined || (limits.min ?? limits.max) === null ? [] : [[name, limits] as const];
    }),
  );
}

/** The list with a chart's limits; null: it has none any more. Undefined when nothing is left. */
export function withLimits(text: string | undefined, name: string, limits: Limits | null): string | undefined {
  const all = new Map(limitsOf(text));
  all.delete(name);
  if (limits) all.set(name, limits);
  return textOfList([...all].map(([key, { min, max }]) => `${min ?? ""}..${max ?? ""} ${key}`));
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
