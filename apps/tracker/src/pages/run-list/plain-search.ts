import type { RunsSearch } from "../../app/search.ts";

/** What a view keeps of an address: that which is set. Which studies are open is nobody else's concern. */
export function plainSearch({ open: _, openIn: __, ...search }: RunsSearch): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(search).filter((entry): entry is [string, string | boolean] => entry[1] !== undefined),
  );
}
