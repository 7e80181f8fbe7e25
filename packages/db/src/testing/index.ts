import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AttemptEventInput } from "@uniarm/core/schema";
import { poolOf } from "../database.ts";
import { ensureProject, newId, openDatabase, startPostgres, type Database } from "../index.ts";

export { hasS3Server, startS3Server, type S3Server } from "./s3-server.ts";

/** For tests and benchmarks that need SQL of their own. */
export { poolOf };

/** A folder that PostgreSQL's system user can reach. */
export async function temporaryFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "uniarm-db-"));
  await chmod(folder, 0o755);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface TemporaryDatabase {
  db: Database;
  url: string;
  folder: string;
  projectId: string;
  close: () => Promise<void>;
}

/** A PostgreSQL of its own with an open, empty database and one project. */
export async function temporaryDatabase(): Promise<TemporaryDatabase> {
  const { folder, remove } = await temporaryFolder();
  const postgres = await startPostgres({ folder });
  const db = await openDatabase(postgres.url);
  const { projectId } = await ensureProject(db, "test");
  return {
    db,
    folder,
    projectId,
    url: postgres.url,
    close: async () => {
      await db.close();
      await postgres.stop();
      await remove();
    },
  };
}

/** What a new worker asks for. */
export const someWorker = (label: string, workerId = newId()) => ({
  workerId,
  host: "test",
  launcher: "local-process",
  labels: [label],
  slotsFree: 4,
  leaseSeconds: 60,
  known: [] as string[],
});

type Body<Event> = Event extends unknown ? Omit<Event, "sequence" | "time"> : never;

/** Events with numbers from `first` on, a millisecond apart. */
export const numbered = (events: readonly Body<AttemptEventInput>[], first = 1): never[] =>
  events.map((event, index) => ({ ...event, sequence: first + index, time: 1_700_000_000_000 + index })) as never[];

/** Cuts the connection of every listener, as a network that fails does. */
export async function cutListeners(db: Database): Promise<void> {
  await poolOf(db).query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()`,
  );
}
