import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { outboxSize } from "../../outbox.ts";
import { BEGUN, END, EndRecord, progressOf, readWhole, type Submission } from "./spool.ts";
import type { Asked, BatchSystem, Row } from "./system.ts";
import { tell, type Tracked } from "./tracked.ts";

/** A job that was submitted. */
export type Submitted<R extends Row, A extends Asked> = Tracked<R, A> & { submission: Submission };

/** What the jobs themselves have written: one look into the folder of a batch, and one at each job that has begun. */
export async function lookIntoFolders<R extends Row, A extends Asked>(jobs: readonly Submitted<R, A>[]): Promise<void> {
  for (const [batch, together] of Map.groupBy(jobs, ({ submission }) => submission.batch)) {
    const { begun, ended } = await progressOf(batch);
    for (const job of together) {
      const { folder } = job.order;
      const { task } = job.submission;
      if (begun.has(task)) job.hasBegun = true;
      if (ended.has(task) && job.record === null) {
        job.record = await readWhole(join(folder, END), EndRecord);
        job.looks = 0; // what the queue said before is no word on its end
      }
      if (!job.hasBegun) continue;
      tell(job, "");
      const size = await outboxSize(folder);
      if (size !== job.size) job.news.ring();
      job.size = size;
    }
  }
}

/** What the queue says of each of them. */
export async function compareWithQueue<R extends Row, A extends Asked>(
  jobs: readonly Submitted<R, A>[],
  rows: readonly R[],
  system: BatchSystem<R, A>,
): Promise<void> {
  const byName = Map.groupBy(rows, ({ name }) => name);
  for (const job of jobs) {
    noteRow(job, byName.get(basename(job.submission.batch)) ?? [], system);
    if (job.meaning === null && job.hasBegun) await lookForLife(job);
  }
}

/** @param named all rows of its batch */
function noteRow<R extends Row, A extends Asked>(
  job: Submitted<R, A>,
  named: readonly R[],
  { meaningOf }: BatchSystem<R, A>,
): void {
  const { task, tasks } = job.submission;
  const own = named.filter((row) => tasks === 1 || row.task === task);
  const meant = (row: R) => meaningOf(row, job.asked, job.hasBegun);
  // of several copies the one that is not over
  const row = own.find((one) => meant(one).type !== "ended") ?? own.at(-1) ?? null;
  const meaning = row && meant(row);
  job.looks = meaning?.type === job.meaning?.type ? job.looks + 1 : 1;
  [job.row, job.meaning, job.hasSiblings] = [row, meaning, named.length > 0];
  if (!row) return;
  [job.id, job.isSure] = [row.id, true];
  if (meaning?.type === "running") job.told = meaning.told ?? job.told;
  if (meaning?.type === "waiting" && !job.hasBegun) tell(job, meaning.sentence);
}

/** By this machine's clock alone: that of a node may differ. */
async function lookForLife<R extends Row, A extends Asked>(job: Submitted<R, A>): Promise<void> {
  const shown = (await stat(join(job.order.folder, BEGUN)).catch(() => null))?.mtimeMs ?? 0;
  if (job.life?.shown !== shown) job.life = { shown, seenAt: Date.now() };
}

/**
 * Ends in the system what is to end: what waits at once, what runs when it has saved, or had the time to. It goes by rows that
 * were read just now, since Slurm may use a number again after a crash.
 * @throws UniArmError slurm-away, kubernetes-away
 */
export async function endThere<R extends Row, A extends Asked>(
  jobs: Iterable<Tracked<R, A>>,
  { canBeTold, end }: BatchSystem<R, A>,
): Promise<void> {
  const [now, kindly]: [R[], [Tracked<R, A>, R][]] = [[], []];
  for (const job of jobs) {
    if (job.endBy === null || !job.row || job.meaning?.type === "ended" || !canBeTold(job.row)) continue;
    const isWaiting = job.meaning?.type !== "running" && !job.hasBegun;
    if (isWaiting || Date.now() >= job.endBy) now.push(job.row);
    else if (!job.wasAsked) kindly.push([job, job.row]);
  }
  await end(
    now,
    kindly.map(([, row]) => row),
  );
  for (const [job] of kindly) job.wasAsked = true;
}
