/** Places of a figure's parts in pixels; text is measured by a generous fixed width per character. */
export interface PlotLayout {
  width: number;
  height: number;
  title: string;
  caption: string;
  captionTop: number;
  /** One legend per front: when ECharts wraps entries itself on a server, it measures text too narrow and they overlap. */
  legends: { left: number; top: number }[];
  panels: { left: number; top: number; width: number; height: number }[];
}

export const FONT = { title: 16, text: 12 } as const;
export const MARGIN = 16;
const LINE_HEIGHT = 1.4;
const CHARACTER_WIDTH = 0.6; // of the font size; sans-serif averages about .52
const PANELS_PER_ROW = 3;
const PANEL = { single: { width: 640, height: 420 }, several: { width: 340, height: 320 } };
/** Room for tick labels and the axis' name beside and below a panel. */
const AXES = { left: 76, right: 28, bottom: 62 };
/** A legend's entry beside its text: symbol and gaps. */
const LEGEND_ENTRY = { symbol: 54, row: 22 };

export function layoutOf(
  panelCount: number,
  text: { title: string; caption: string; names: readonly string[] },
): PlotLayout {
  const { width: panelWidth, height: panelHeight } = panelCount === 1 ? PANEL.single : PANEL.several;
  const columns = Math.min(panelCount, PANELS_PER_ROW);
  const cell = { width: AXES.left + panelWidth + AXES.right, height: panelHeight + AXES.bottom };
  const width = columns * cell.width;
  const title = wrap(text.title, width - 2 * MARGIN, FONT.title);
  const caption = wrap(text.caption, width - 2 * MARGIN, FONT.text);
  const captionTop = MARGIN + lineCount(title) * FONT.title * LINE_HEIGHT;
  const legendTop = captionTop + lineCount(caption) * FONT.text * LINE_HEIGHT + 4;
  const legends = legendPlaces(text.names, width - 2 * MARGIN, legendTop);
  const panelTop = (legends.at(-1)?.top ?? legendTop) + LEGEND_ENTRY.row + 14;
  const panels = Array.from({ length: panelCount }, (_, index) => ({
    left: (index % columns) * cell.width + AXES.left,
    top: panelTop + Math.floor(index / columns) * cell.height,
    width: panelWidth,
    height: panelHeight,
  }));
  const height = panelTop + Math.ceil(panelCount / columns) * cell.height;
  return { width, height: Math.ceil(height), title, caption, captionTop, legends, panels };
}

/** Breaks text at blanks into lines that fit `width`. */
function wrap(text: string, width: number, fontSize: number): string {
  const most = Math.floor(width / (fontSize * CHARACTER_WIDTH));
  const lines: string[] = [""];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}

/** Entries from left to right, in as many rows as they need. */
function legendPlaces(names: readonly string[], width: number, firstTop: number): { left: number; top: number }[] {
  let [left, top] = [0, firstTop];
  return names.map((name) => {
    const entry = LEGEND_ENTRY.symbol + name.length * FONT.text * CHARACTER_WIDTH;
    if (left > 0 && left + entry > width) [left, top] = [0, top + LEGEND_ENTRY.row];
    const place = { left: MARGIN + left, top };
    left += entry;
    return place;
  });
}

const lineCount = (text: string): number => (text === "" ? 0 : text.split("\n").length);
