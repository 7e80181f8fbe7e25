export const preferenceText = (preference: readonly number[]): string =>
  preference.map((entry) => String(Number(entry.toFixed(3)))).join(", ");
