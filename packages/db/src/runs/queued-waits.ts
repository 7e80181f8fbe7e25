import { poolOf, type Database } from "../database.ts";

/** A worker that was not heard of for so long is none. */
const HEARD_SECONDS = 60;

interface Beside {
  kind: string;
  labels: string[];
  slots: number;
  name: string;
  hasLabels: boolean;
  hasSlots: boolean;
  can: boolean;
  problem: string;
}

/** Why no worker that is there will take a queued run; empty: one may. */
export async function queuedWaits(db: Database, runId: string): Promise<string> {
  const { rows } = await poolOf(db).query<Partial<Beside> & Pick<Beside, "kind" | "labels" | "slots">>(
    `SELECT r.kind, r.labels, r.slots, w.name, r.labels <@ w.labels AS "hasLabels", r.slots <= w.slots AS "hasSlots",
       r.kind <> ALL (w."cannotRun") AS can, w.problem
     FROM "Run" r LEFT JOIN "Worker" w ON w."endedAt" IS NULL AND w."seenAt" > now() - interval '${HEARD_SECONDS} seconds'
     WHERE r.id = $1 ORDER BY w.name`,
    [runId],
  );
  const [run] = rows;
  if (!run) return "";
  const workers = rows.filter((row): row is Beside => row.name != null);
  const offering = workers.filter(({ hasLabels, hasSlots }) => hasLabels && hasSlots);
  const able = offering.filter(({ can }) => can);
  if (workers.length === 0) return `No worker is connected. ${startOf(run)}`;
  if (offering.length === 0) return `No worker offers what it asks for (${needsOf(run)}). ${startOf(run)}`;
  if (able.length === 0) return `${cannotOf(run.kind, offering)} ${startOf(run)}`;
  if (able.some(({ problem }) => problem === "")) return "";
  return able.map(({ name, problem }) => `The worker ${name} takes no runs at the moment: ${problem}`).join(" ");
}

/** A playground answers while somebody waits; other runs may be taken by any worker that offers what they ask for. */
function startOf({ kind, labels, slots }: Pick<Beside, "kind" | "labels" | "slots">): string {
  const offers = `${labels.length > 0 ? ` --labels ${labels.join(",")}` : ""}${slots > 1 ? ` --slots ${slots}` : ""}`;
  const where = kind === "playground" ? " on a machine that answers at once" : "";
  return `Start one${where}: uniarm worker --server URL --key KEY${offers}`;
}

const needsOf = ({ labels, slots }: Pick<Beside, "labels" | "slots">): string =>
  [
    ...(labels.length > 0 ? [`${labels.length === 1 ? "label" : "labels"} ${labels.join(", ")}`] : []),
    ...(slots > 1 ? [`${slots} slots`] : []),
  ].join("; ");

function cannotOf(kind: string, offering: readonly Beside[]): string {
  const names = offering.map(({ name }) => name).join(", ");
  const who = offering.length === 1 ? `The worker ${names} takes` : `The workers ${names} take`;
  return kind === "playground"
    ? `${who} no playgrounds: jobs that wait in a cluster's queue cannot answer.`
    : `${who} no runs of kind ${kind}.`;
}
