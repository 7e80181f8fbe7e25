/** Lists in a URL: items with commas between them. */
export const listOf = (text: string | undefined): string[] => [...new Set(text?.split(",").filter(Boolean) ?? [])];

/** None: undefined, so that nothing stands in the URL. */
export const textOfList = (items: readonly string[]): string | undefined =>
  items.length === 0 ? undefined : [...new Set(items)].join(",");
