/** Whether the server answers, by everything that talks to it: requests, and each live stream. */
const away = new Set<string>();
const listeners = new Set<() => void>();

const tell = (): void => listeners.forEach((listener) => listener());

export const connection = {
  lost: (who: string): void => {
    if (!away.has(who)) {
      away.add(who);
      tell();
    }
  },
  found: (who: string): void => {
    if (away.delete(who)) tell();
  },
  isAway: (): boolean => away.size > 0,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
