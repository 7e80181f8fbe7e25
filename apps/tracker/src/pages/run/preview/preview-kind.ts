export type PreviewKind = "json" | "lines" | "csv" | "text" | "image";

/**
 * Pictures that are drawn, never run. SVG is not among them: it can hold scripts and links, so it is shown as the text
 * that it is; so is HTML.
 */
const IMAGES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
};
const KINDS: Readonly<Record<string, PreviewKind>> = {
  json: "json",
  jsonl: "lines",
  ndjson: "lines",
  csv: "csv",
  tsv: "csv",
  ...Object.fromEntries(
    ["txt", "md", "log", "yaml", "yml", "toml", "ini", "html", "svg", "xml", "py", "ts", "js", "sh", "tex"].map(
      (ending): [string, PreviewKind] => [ending, "text"],
    ),
  ),
  ...Object.fromEntries(Object.keys(IMAGES).map((ending): [string, PreviewKind] => [ending, "image"])),
};

const endingOf = (path: string): string => /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | null =>
  Object.hasOwn(record, key) ? record[key]! : null;

/** How a file is shown, by the ending of its name; null: it is not. */
export const previewKindOf = (path: string): PreviewKind | null => own(KINDS, endingOf(path));
export const imageTypeOf = (path: string): string => own(IMAGES, endingOf(path)) ?? "";
export const delimiterOf = (path: string): string => (endingOf(path) === "tsv" ? "\t" : ",");
