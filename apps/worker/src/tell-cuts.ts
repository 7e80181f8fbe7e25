/** So many different ones are told; a run that says too much each step must not fill its log with that. */
const MOST_TOLD = 50;

/** Tells each cut once; what is told beyond that is counted at the end. */
export function tellCuts(tell: (message: string) => Promise<void>): {
  add: (cuts: readonly string[]) => Promise<void>;
  end: () => Promise<void>;
} {
  const told = new Set<string>();
  let silent = 0;
  return {
    add: async (cuts) => {
      for (const cut of cuts) {
        if (told.has(cut) || told.size >= MOST_TOLD) {
          silent += 1;
          continue;
        }
        told.add(cut);
        await tell(cut);
      }
    },
    end: async () => {
      if (silent > 0) await tell(`${silent} more messages did not fit, in the same way or in others.`);
    },
  };
}
