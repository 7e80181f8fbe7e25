/**
 * What stands in a URL is text: a project that is called 2024, true or null is that project. The schemas of `search.ts`
 * make numbers and choices of it.
 */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries([...new URLSearchParams(text)].map(([name, value]) => [name, withoutQuotes(value)]));
}

export function searchText(search: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(search).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, textOf(value)]],
  );
  const text = new URLSearchParams(entries).toString();
  return text === "" ? "" : `?${text}`;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Links of earlier versions have quotes around a text that could be taken for something else: "2024". */
function withoutQuotes(value: string): string {
  if (!/^".*"$/s.test(value)) return value;
  const inner = parsed(value);
  return typeof inner === "string" && parsed(inner) !== undefined ? inner : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
