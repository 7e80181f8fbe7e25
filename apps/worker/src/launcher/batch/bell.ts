/** Wakes whoever waits; a ring that nobody waited for is not lost. */
export interface Bell {
  ring: () => void;
  /** Every wait ends at once from here on. */
  ringForever: () => void;
  wait: () => Promise<void>;
}

export function createBell(): Bell {
  let hasRung = false;
  let isForever = false;
  let wake = (): void => undefined;
  const ring = (): void => {
    hasRung = true;
    wake();
  };
  return {
    ring,
    ringForever: () => {
      isForever = true;
      ring();
    },
    wait: async () => {
      if (!hasRung)
        await new Promise<void>((done) => {
          wake = done;
        });
      hasRung = isForever;
    },
  };
}
