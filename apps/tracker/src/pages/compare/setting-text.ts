/** A setting's value as a reader sees it; a dash where a run has none. */
export const settingText = (value: unknown): string =>
  value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
