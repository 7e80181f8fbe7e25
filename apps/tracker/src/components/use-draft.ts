import { useState } from "react";
import * as z from "zod/mini";

const Stored = z.object({ before: z.string(), text: z.string() });
/** A text that is not saved yet, and what it was made from. */
export type Draft = z.infer<typeof Stored>;

const placeOf = (name: string): string => `uniarm.draft.${name}`;

function read(name: string): Draft | null {
  try {
    return Stored.parse(JSON.parse(localStorage.getItem(placeOf(name)) ?? "null"));
  } catch {
    return null; // none, or one of another version
  }
}

/** What was written and not saved: kept in this browser over other pages, reloads and its end. Null drops it. */
export function useDraft(name: string): [Draft | null, (draft: Draft | null) => void] {
  const [draft, setDraft] = useState(() => read(name));
  const keep = (next: Draft | null): void => {
    setDraft(next);
    try {
      if (next) localStorage.setItem(placeOf(name), JSON.stringify(next));
      // another tab may have written more since
      else if (read(name)?.text === draft?.text) localStorage.removeItem(placeOf(name));
    } catch {
      // a full store keeps no drafts; the page still has it
    }
  };
  return [draft, keep];
}
