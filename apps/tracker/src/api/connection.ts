/** What is wrong between this page and the server. */
export type Trouble =
  /** it does not answer */
  | "away"
  /** a request waits for long: the server is busy, or the browser has no connection left */
  | "waiting"
  /** too many pages are open: this one hears no news */
  | "crowded";

const ORDER: readonly Trouble[] = ["away", "waiting", "crowded"];

/** How it stands with the server, by everything that talks to it: requests, and the stream of news. */
const troubles = new Map<string, Trouble>();
const listeners = new Set<() => void>();

const tell = (): void => listeners.forEach((listener) => listener());

export const connection = {
  lost: (who: string, trouble: Trouble = "away"): void => {
    if (troubles.get(who) === trouble) return;
    troubles.set(who, trouble);
    tell();
  },
  found: (who: string): void => {
    if (troubles.delete(who)) tell();
  },
  /** the worst */
  trouble: (): Trouble | null => ORDER.find((one) => [...troubles.values()].includes(one)) ?? null,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
