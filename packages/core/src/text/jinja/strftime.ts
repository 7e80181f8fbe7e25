import { fail } from "./values.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const pad = (value: number, width = 2): string => String(value).padStart(width, "0");

/** Days since the year's first, at 0. */
const dayOfYear = (at: Date): number =>
  Math.round((Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) - Date.UTC(at.getFullYear(), 0, 1)) / 86_400_000);

/** Of each directive of the C locale its text. */
const DIRECTIVES: Record<string, (at: Date) => string> = {
  a: (at) => DAYS[at.getDay()]!.slice(0, 3),
  A: (at) => DAYS[at.getDay()]!,
  b: (at) => MONTHS[at.getMonth()]!.slice(0, 3),
  h: (at) => MONTHS[at.getMonth()]!.slice(0, 3),
  B: (at) => MONTHS[at.getMonth()]!,
  c: (at) => strftime("%a %b %e %H:%M:%S %Y", at),
  C: (at) => pad(Math.floor(at.getFullYear() / 100)),
  d: (at) => pad(at.getDate()),
  D: (at) => strftime("%m/%d/%y", at),
  e: (at) => String(at.getDate()).padStart(2),
  f: (at) => `${pad(at.getMilliseconds(), 3)}000`,
  F: (at) => strftime("%Y-%m-%d", at),
  H: (at) => pad(at.getHours()),
  I: (at) => pad(at.getHours() % 12 || 12),
  j: (at) => pad(dayOfYear(at) + 1, 3),
  m: (at) => pad(at.getMonth() + 1),
  M: (at) => pad(at.getMinutes()),
  n: () => "\n",
  p: (at) => (at.getHours() < 12 ? "AM" : "PM"),
  R: (at) => strftime("%H:%M", at),
  S: (at) => pad(at.getSeconds()),
  t: () => "\t",
  T: (at) => strftime("%H:%M:%S", at),
  u: (at) => String(at.getDay() || 7),
  U: (at) => pad(Math.floor((dayOfYear(at) + 7 - at.getDay()) / 7)),
  w: (at) => String(at.getDay()),
  W: (at) => pad(Math.floor((dayOfYear(at) + 7 - ((at.getDay() + 6) % 7)) / 7)),
  x: (at) => strftime("%m/%d/%y", at),
  X: (at) => strftime("%H:%M:%S", at),
  y: (at) => pad(at.getFullYear() % 100),
  Y: (at) => String(at.getFullYear()),
  z: () => "", // a time without a zone, as datetime.now() is
  Z: () => "",
  "%": () => "%",
};

/** Python's strftime of a local time. `%-d` leaves the leading zeros out. @throws TemplateError for a directive that is not computed */
export function strftime(format: string, at: Date): string {
  return format.replaceAll(/%(-?)([a-zA-Z%])/g, (all: string, bare: string, name: string) => {
    const written = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name]!(at) : fail(`strftime_now does not know ${all}`);
    return bare ? written.replace(/^[0 ]+(?=.)/, "") : written;
  });
}
