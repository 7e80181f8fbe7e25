/** Entries are rounded to so many steps: what a slider can set and a link can say. */
const STEPS = 100;

/** The nearest vector of whole steps whose entries sum to 1: what is lost by rounding goes to the largest remainders. */
export function rounded(preference: readonly number[]): number[] {
  const sum = preference.reduce((total, entry) => total + Math.max(0, entry), 0);
  const exact = preference.map((entry) => (sum > 0 ? (Math.max(0, entry) / sum) * STEPS : STEPS / preference.length));
  const whole = exact.map(Math.floor);
  const missing = STEPS - whole.reduce((total, entry) => total + entry, 0);
  const byRemainder = exact
    .map((entry, index) => ({ index, left: entry - whole[index]! }))
    .sort((a, b) => b.left - a.left);
  byRemainder.slice(0, missing).forEach(({ index }) => (whole[index]! += 1));
  return whole.map((entry) => entry / STEPS);
}

/** One entry is set; the others share the rest as they did before. */
export function withEntry(preference: readonly number[], index: number, value: number): number[] {
  const entry = Math.min(1, Math.max(0, value));
  const others = preference.reduce((sum, one, place) => (place === index ? sum : sum + one), 0);
  return rounded(
    preference.map((one, place) => {
      if (place === index) return entry;
      return (1 - entry) * (others > 0 ? one / others : 1 / (preference.length - 1));
    }),
  );
}

/** As a link has them: "0.5,0.5;1,0". Vectors of another length are left out. */
export function parsePreferences(text: string | undefined, objectives: number): number[][] {
  return (text ?? "")
    .split(";")
    .map((vector) => vector.split(",").map(Number))
    .filter((vector) => vector.length === objectives && vector.every((entry) => Number.isFinite(entry) && entry >= 0))
    .map(rounded);
}

export const preferencesText = (preferences: readonly (readonly number[])[]): string =>
  preferences.map((preference) => preference.join(",")).join(";");

/** What is shown first: even weights. */
export const evenly = (objectives: number): number[] => rounded(Array.from({ length: objectives }, () => 1));

/** Eleven preferences along one objective, from none of it to nothing else; the others share the rest as they do in `from`. */
export const sweepAlong = (from: readonly number[], objective: number): number[][] =>
  Array.from({ length: 11 }, (_, step) => withEntry(from, objective, step / 10));
