/** Names can hold anything. In a list, and in a filter, one with marks stands in quotes: "acc@1,5", with \" and \\ inside. */
export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** A text without its quotes; one that has none is as it is. */
export const unquoted = (text: string): string =>
  QUOTED.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/gs, "$1") : text;

const QUOTED = /^"(?:[^"\\]|\\.)*"$/s;
const ITEM = /((?:[^,"]|"(?:[^"\\]|\\.)*")*)(,|$)/sy;

/** The items of a list with commas between them, as they are written; commas in quotes separate nothing. Null: a quote is not closed. */
export function quotedItems(text: string): string[] | null {
  const items: string[] = [];
  ITEM.lastIndex = 0;
  for (;;) {
    const [whole, item, end] = ITEM.exec(text) ?? [];
    if (whole === undefined) return null;
    if (item !== "" && !items.includes(item!)) items.push(item!);
    if (end === "") return items;
  }
}

/** The names of such a list, each once. Null: a quote is not closed. */
export function namesOf(text: string): string[] | null {
  const items = quotedItems(text);
  return items && [...new Set(items.map(unquoted))];
}

/** Names as such a list. */
export const textOfNames = (names: readonly string[]): string =>
  [...new Set(names)].map((name) => (/[",]|^$/.test(name) ? quoted(name) : name)).join(",");
