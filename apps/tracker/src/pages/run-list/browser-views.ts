import { z } from "zod";
import { RunsSearch } from "../../app/search.ts";

/** Where earlier versions kept views: in one browser. */
const KEY = "uniarm.views";
const Views = z.array(z.object({ name: z.string().min(1).max(100), search: RunsSearch }));
export type BrowserView = z.infer<typeof Views>[number];

/** Views that this browser still has for itself. */
export function browserViews(): BrowserView[] {
  try {
    return Views.parse(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    return []; // written by hand, or by another version
  }
}

export function keepBrowserViews(views: readonly BrowserView[]): void {
  if (views.length === 0) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(views));
}
