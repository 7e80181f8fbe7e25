const UNITS = { m: 60, h: 3600, d: 86_400 };

/** Seconds of a time limit: 30m, 4h, 2d; null: it is none. */
export function secondsOf(text: string): number | null {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * UNITS[unit as keyof typeof UNITS];
  return seconds > 0 ? seconds : null;
}
