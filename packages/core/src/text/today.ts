/** The time that a chat template is told where nobody says another. */
// eslint-disable-next-line no-restricted-syntax -- transformers tells templates the machine's time, and prompts must equal its own
export const now = (): Date => new Date();

/** The local day of a time, as strftime_now is told it: "2026-07-26". */
export function dayOf(time: Date): string {
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
}
