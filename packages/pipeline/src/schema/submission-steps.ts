import type { JobNode } from "./graph.ts";
import { resourcesOf, type Asking, type Layers } from "./site.ts";

/** Jobs of a graph that can begin together and ask for the same: one array, or a few where they are many. */
export interface SubmissionStep<R> {
  /** how many steps come before it */
  depth: number;
  jobs: string[];
  kinds: string[];
  arrays: number;
  resources: R;
  /** of all its jobs together, as their time limits say; null: they have none */
  hoursAtMost: number | null;
  gpuHoursAtMost: number | null;
  /** of all its jobs together, by runs that have ended; null: not known of each */
  hoursExpected: number | null;
  /** the most that a process of such a run took; null: not measured of any */
  memoryMbExpected: number | null;
}

/** What is known of a job of the graph by runs that have ended. */
interface Known {
  name: string;
  estimate: { seconds: { median: number } | null; peakMemoryMb: number | null };
}

/** How a system of batches says time and GPUs of a job. */
export interface Counted<R> {
  /** its time limit; null: it has none */
  seconds: (resources: R) => number | null;
  gpus: (resources: R) => number;
}

/** What a graph comes to where its jobs wait in a queue, in the order in which it can be submitted. */
export function submissionSteps<R extends object>(
  nodes: readonly JobNode[],
  site: Layers<R> & { arrayTasks: number },
  { seconds, gpus }: Counted<R>,
  { known = [], ...asking }: Omit<Asking, "kind"> & { known?: readonly Known[] },
): SubmissionStep<R>[] {
  const depths = new Map<string, number>();
  for (const { name, inputs } of nodes) {
    const producers = Object.values(inputs).flat();
    depths.set(name, Math.max(0, ...producers.map(({ node }) => 1 + depths.get(node)!)));
  }
  const estimates = new Map(known.map(({ name, estimate }) => [name, estimate]));
  const described = nodes.map(({ name, kind }) => ({
    name,
    kind,
    depth: depths.get(name)!,
    resources: resourcesOf(site, { kind, ...asking }),
  }));
  const groups = Map.groupBy(described, ({ depth, resources }) => JSON.stringify([depth, resources]));
  return [...groups.values()]
    .map((together): SubmissionStep<R> => {
      const { depth, resources } = together[0]!;
      const limit = seconds(resources);
      const hours = limit === null ? null : (limit * together.length) / 3600;
      const perJob = gpus(resources);
      const jobs = together.map(({ name }) => name);
      const peaks = jobs.flatMap((job) => estimates.get(job)?.peakMemoryMb ?? []);
      return {
        depth,
        jobs,
        kinds: [...new Set(together.map(({ kind }) => kind))],
        arrays: Math.ceil(together.length / site.arrayTasks),
        resources,
        hoursAtMost: hours,
        gpuHoursAtMost: perJob === 0 ? 0 : hours && hours * perJob,
        hoursExpected: sumOfAll(jobs.map((job) => estimates.get(job)?.seconds?.median ?? null)),
        memoryMbExpected: peaks.length > 0 ? Math.max(...peaks) : null,
      };
    })
    .toSorted((one, other) => one.depth - other.depth);
}

/** Hours; null where the seconds of one are not known. */
const sumOfAll = (seconds: readonly (number | null)[]): number | null =>
  seconds.reduce((sum, one) => (sum === null || one === null ? null : sum + one / 3600), 0 as number | null);

/** As tables show it. */
export const hoursText = (count: number | null): string =>
  count === null ? "?" : Number(count.toPrecision(3)).toString();

/** What a job asks for, in a line. */
export const askedText = (resources: object): string =>
  Object.entries(resources)
    .map(
      ([name, value]) => `${WORDS[name] ?? name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`,
    )
    .join(", ");

const WORDS: Readonly<Record<string, string>> = { furtherOptions: "further options, list" };
