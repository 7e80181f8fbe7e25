/** A piece of a line with how a terminal would show it. */
export interface AnsiPiece {
  text: string;
  className: string;
}

/** Colours of terminals as the theme's own, which are readable on it. */
const COLOURS = [
  "text-muted",
  "text-bad",
  "text-good",
  "text-warn",
  "text-accent",
  "text-(--series-4)",
  "text-(--series-6)",
  "text-ink",
];

const ESCAPE = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
const SEQUENCE = new RegExp(`${ESCAPE}\\[([0-9;]*)m|${ESCAPE}\\[[0-9;?]*[A-Za-z]|${ESCAPE}\\][^${BELL}]*${BELL}`, "g");

interface Look {
  colour: string | null;
  bold: boolean;
  dim: boolean;
  underline: boolean;
}

const PLAIN: Look = { colour: null, bold: false, dim: false, underline: false };

/** A line of a log without its escape sequences; colour, bold, dim and underline become classes, the rest is left out. */
export function ansiPieces(line: string): AnsiPiece[] {
  const pieces: AnsiPiece[] = [];
  let look = PLAIN;
  let from = 0;
  const add = (text: string): void => {
    if (text !== "") pieces.push({ text, className: classOf(look) });
  };
  for (const found of line.matchAll(SEQUENCE)) {
    add(line.slice(from, found.index));
    from = found.index + found[0].length;
    if (found[1] !== undefined) look = found[1].split(";").map(Number).reduce(applied, look);
  }
  add(line.slice(from));
  return pieces;
}

function applied(look: Look, code: number): Look {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 24) return { ...look, underline: false };
  if (code === 39) return { ...look, colour: null };
  const colour =
    code >= 30 && code <= 37 ? COLOURS[code - 30] : code >= 90 && code <= 97 ? COLOURS[code - 90] : undefined;
  return colour === undefined ? look : { ...look, colour };
}

const classOf = ({ colour, bold, dim, underline }: Look): string =>
  [colour ?? (dim ? "text-muted" : ""), bold ? "font-bold" : "", underline ? "underline" : ""]
    .filter(Boolean)
    .join(" ");
