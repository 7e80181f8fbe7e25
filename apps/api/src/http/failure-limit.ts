const MOST_ADDRESSES = 10_000;

/** Counts failures by address within a window: after `most` of them the address has to wait. */
export function failureLimit({ most, windowMs }: { most: number; windowMs: number }, now: () => number = Date.now) {
  const failures = new Map<string, number[]>();
  const recent = (address: string): number[] => (failures.get(address) ?? []).filter((time) => now() - time < windowMs);
  return {
    add: (address: string): void => {
      if (failures.size >= MOST_ADDRESSES)
        for (const known of failures.keys()) if (recent(known).length === 0) failures.delete(known);
      if (failures.size >= MOST_ADDRESSES) failures.clear();
      failures.set(address, [...recent(address), now()]);
    },
    /** 0: it may try again. */
    waitMs: (address: string): number => {
      const times = recent(address);
      return times.length < most ? 0 : times[0]! + windowMs - now();
    },
  };
}
