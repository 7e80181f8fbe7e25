/** A colour of a terminal: one of its sixteen, which the theme has, or a measured one. */
export type Colour = { index: number } | { rgb: readonly [number, number, number] };

/** How a text is shown. Two that are the same object are the same. */
export interface Style {
  fore?: Colour;
  back?: Colour;
  bold?: true;
  dim?: true;
  italic?: true;
  underline?: true;
  strike?: true;
  inverse?: true;
  /** address of a web page */
  link?: string;
}

export const PLAIN: Style = {};

/** Levels of the colour cube, 16 to 231. */
const LEVELS = [0, 95, 135, 175, 215, 255];
const BRIGHT = 8;

type Switch = "bold" | "dim" | "italic" | "underline" | "strike" | "inverse";
const ON: Readonly<Record<number, Switch>> = {
  1: "bold",
  2: "dim",
  3: "italic",
  4: "underline",
  7: "inverse",
  9: "strike",
  21: "underline",
};
const OFF: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["strike"],
  39: ["fore"],
  49: ["back"],
};

/** The style after a sequence "select graphic rendition" (ECMA-48, ISO 8613-6), by its parameters: "1;38;5;208". */
export function restyled(before: Style, parameters: string): Style {
  let style = before;
  const groups = parameters.split(";");
  for (let at = 0; at < groups.length; at++) {
    const own = groups[at]!.split(":");
    const code = Number(own[0]);
    if (code === 38 || code === 48) {
      // the colour's numbers stand in the same group, or are the next ones
      const isOwn = own.length > 1;
      const { colour, used } = colourOf(isOwn ? own.slice(1) : groups.slice(at + 1), isOwn);
      if (!isOwn) at += used;
      if (colour) style = { ...style, [code === 38 ? "fore" : "back"]: colour };
    } else style = applied(style, code, own[1] === "0");
  }
  return style;
}

function applied(style: Style, code: number, isNone: boolean): Style {
  const { link } = style;
  if (code === 0) return link === undefined ? PLAIN : { link };
  const on = ON[code];
  if (on && !isNone) return { ...style, [on]: true };
  const off = on ? [on] : OFF[code];
  if (off) return Object.fromEntries(Object.entries(style).filter(([name]) => !off.includes(name as keyof Style)));
  const [place, index] = [Math.floor(code / 10), code % 10];
  if (index > 7) return style;
  if (place === 3 || place === 9) return { ...style, fore: { index: index + (place === 9 ? BRIGHT : 0) } };
  if (place === 4 || place === 10) return { ...style, back: { index: index + (place === 10 ? BRIGHT : 0) } };
  return style;
}

function colourOf(numbers: readonly string[], isOwn: boolean): { colour: Colour | null; used: number } {
  const [kind, ...rest] = numbers.map(Number);
  if (kind === 5) return { colour: indexed(rest[0] ?? Number.NaN), used: 2 };
  if (kind !== 2) return { colour: null, used: 1 };
  // 38:2::r:g:b names a colour space before them
  const [r, g, b] = (isOwn && rest.length > 3 ? rest.slice(1) : rest).map((one) =>
    one >= 0 && one <= 255 ? one : null,
  );
  return { colour: r == null || g == null || b == null ? null : { rgb: [r, g, b] }, used: 4 };
}

function indexed(index: number): Colour | null {
  if (!(Number.isInteger(index) && index >= 0 && index <= 255)) return null;
  if (index < 16) return { index };
  if (index > 231) {
    const grey = 8 + (index - 232) * 10;
    return { rgb: [grey, grey, grey] };
  }
  const cube = index - 16;
  return { rgb: [LEVELS[Math.floor(cube / 36)]!, LEVELS[Math.floor(cube / 6) % 6]!, LEVELS[cube % 6]!] };
}
