import type { Piece } from "./line.ts";
import type { Colour, Style } from "./style.ts";

/** Colours of terminals as the theme's own, which are readable on it. */
const INKS = [
  "text-muted",
  "text-bad",
  "text-good",
  "text-warn",
  "text-accent",
  "text-(--series-4)",
  "text-(--series-6)",
  "text-ink",
];
/** As xterm has them, for what stands on one of them. */
const GROUNDS: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];

/** A part of a line in its colours; links are links. */
export function ShownPiece({ piece: { text, style } }: { piece: Piece }) {
  const look = { className: classOf(style), style: coloursOf(style) };
  if (style.link === undefined) return <span {...look}>{text}</span>;
  return (
    <a href={style.link} target="_blank" rel="noreferrer noopener" title={style.link} {...look}>
      {text}
    </a>
  );
}

function classOf({ fore, back, bold, dim, italic, underline, strike, inverse, link }: Style): string {
  const isThemed = fore !== undefined && "index" in fore && back === undefined && !inverse;
  return [
    isThemed ? INKS[fore.index % INKS.length] : dim && fore === undefined && back === undefined ? "text-muted" : "",
    bold ? "font-bold" : "",
    italic ? "italic" : "",
    underline || link !== undefined ? "underline" : "",
    strike ? "line-through" : "",
  ]
    .filter(Boolean)
    .join(" ");
}

function coloursOf({ fore, back, inverse }: Style): React.CSSProperties | undefined {
  const [ink, ground] = inverse ? [back, fore] : [fore, back];
  if (ground === undefined && inverse) return { color: "var(--surface)", background: "var(--ink)" };
  if (ground === undefined)
    // a measured colour is made as light or dark as the theme needs it
    return ink && "rgb" in ink ? { color: `oklch(from ${css(ink)} var(--terminal-lightness) c h)` } : undefined;
  return { color: readable(ink, ground), background: css(ground) };
}

const rgbOf = (colour: Colour) => ("rgb" in colour ? colour.rgb : GROUNDS[colour.index]!);
const css = (colour: Colour): string => `rgb(${rgbOf(colour).join(" ")})`;

/** WCAG 2: relative luminance. */
function luminance(colour: Colour): number {
  const [r, g, b] = rgbOf(colour).map((one) => {
    const share = one / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

const READABLE = 4.5;
const contrast = (one: number, other: number): number => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

/** The ink where it can be read on the ground, else black or white. */
function readable(ink: Colour | undefined, ground: Colour): string {
  const behind = luminance(ground);
  if (ink && contrast(luminance(ink), behind) >= READABLE) return css(ink);
  return contrast(0, behind) >= contrast(1, behind) ? "#000" : "#fff";
}
