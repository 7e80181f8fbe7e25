/** A number, also as text where the file has no types; null where there is none; undefined for what is no number. */
export function numberOf(value: unknown, isUntyped = false): number | null | undefined {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (!isUntyped || typeof value !== "string") return undefined;
  if (value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
