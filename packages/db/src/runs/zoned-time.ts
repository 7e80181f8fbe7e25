import { UniArmError } from "@uniarm/core/schema";

const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * The moment that a date or a time means: one without an offset is of the zone, as the clock on the reader's wall shows it.
 * Null: it is no time.
 * @throws UniArmError zone-invalid
 */
export function zonedTime(text: string, zone: string): Date | null {
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", offset] =
    WRITTEN.exec(text) ?? [];
  if (year === undefined) return null;
  const asUtc = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`);
  // Date takes February 30 for March 2
  if (Number.isNaN(asUtc) || new Date(asUtc).getUTCDate() !== Number(day)) return null;
  if (offset !== undefined) return new Date(asUtc - offsetMs(offset));
  const clock = clockOf(zone);
  // the offset at that time depends on the time: twice is enough but for an hour that a change of the clock leaves out
  const first = asUtc - (clock(asUtc) - asUtc);
  return new Date(asUtc - (clock(first) - first));
}

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** What clocks of a zone show, as if it were UTC. */
function clockOf(timeZone: string): (time: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en", { timeZone, hourCycle: "h23", ...FIELDS });
  } catch {
    throw new UniArmError("zone-invalid", `There is no time zone "${timeZone}". Give one as in Europe/Berlin, or UTC.`);
  }
  return (time) => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const { year, month, day, hour, minute, second } = parts as Record<string, number>;
    const milliseconds = ((time % 1000) + 1000) % 1000;
    return Date.UTC(year!, month! - 1, day, hour, minute, second, milliseconds);
  };
}

const FIELDS = {
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
} as const;
