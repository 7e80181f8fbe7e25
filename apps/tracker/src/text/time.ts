const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** "just now", "12 s ago", "3 min ago", "5 h ago", "2 d ago", then the date; of what is to come "in 3 min", "in 5 h", "in 2 d". */
export function relativeTime(time: string, now: number): string {
  const ahead = (Date.parse(time) - now) / 1000;
  if (ahead >= DAY) return `in ${Math.floor(ahead / DAY)} d`;
  if (ahead >= HOUR) return `in ${Math.floor(ahead / HOUR)} h`;
  if (ahead >= 5) return `in ${Math.ceil(ahead / MINUTE)} min`; // clocks differ by a little
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < MINUTE) return `${seconds} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  if (seconds < 14 * DAY) return `${Math.floor(seconds / DAY)} d ago`;
  return date.format(new Date(time));
}

/** Made once: making one takes longer than using it a hundred times. */
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

/** Of a line: its time of day, where the reader is. */
export const clockTime = (time: string): string => clock.format(new Date(time));

export const exactTime = (time: string): string => exact.format(new Date(time));

/** "340 ms", "12.4 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < MINUTE) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${Math.floor(seconds % MINUTE)} s`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
  return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`;
}
