import { changesAfter, type Database, type NumberedChange } from "@uniarm/db";
import type { Source } from "./follow.ts";

/** The changes of a run after a number, in order. */
export function runChanges(db: Database, run: string, start: number): Source<NumberedChange> {
  let after = start;
  return {
    topic: `run:${run}`,
    read: async () => {
      const changes = await sharedChanges(db, run, after);
      after = changes.at(-1)?.sequence ?? after;
      return changes;
    },
  };
}

const reading = new Map<string, Promise<NumberedChange[]>>();

/** Many subscribers of one run ask for the same, and share one answer. */
function sharedChanges(db: Database, run: string, after: number): Promise<NumberedChange[]> {
  const key = `${run} ${after}`;
  const known = reading.get(key);
  if (known) return known;
  const answer = changesAfter(db, run, after).finally(() => reading.delete(key));
  reading.set(key, answer);
  return answer;
}
