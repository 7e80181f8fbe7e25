/** [days-]hours and what follows, or minutes and what follows. */
const FORMS: readonly [RegExp, readonly number[]][] = [
  [/^(\d+)$/, [60]],
  [/^(\d+):(\d+)$/, [60, 1]],
  [/^(\d+):(\d+):(\d+)$/, [3600, 60, 1]],
  [/^(\d+)-(\d+)$/, [86_400, 3600]],
  [/^(\d+)-(\d+):(\d+)$/, [86_400, 3600, 60]],
  [/^(\d+)-(\d+):(\d+):(\d+)$/, [86_400, 3600, 60, 1]],
];

/** Seconds of a time limit as Slurm writes it; null: it is none. Slurm takes 0 for no limit at all, which is none here. */
export function secondsOf(text: string): number | null {
  for (const [form, units] of FORMS) {
    const found = form.exec(text);
    if (!found) continue;
    const seconds = units.reduce((sum, unit, index) => sum + unit * Number(found[index + 1]), 0);
    return seconds > 0 ? seconds : null;
  }
  return null;
}
