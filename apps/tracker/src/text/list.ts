import { namesOf, textOfNames } from "@uniarm/core/schema";

/** Lists in a URL: items with commas between them, in quotes where they have one themselves. One that cannot be read is empty. */
export const listOf = (text: string | undefined): string[] => namesOf(text ?? "") ?? [];

/** None: undefined, so that nothing stands in the URL. */
export const textOfList = (items: readonly string[]): string | undefined =>
  items.length === 0 ? undefined : textOfNames(items);
