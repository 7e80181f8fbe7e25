/** Of what workers and servers say to each other; it rises when one of them would misunderstand the other. */
export const WORK_PROTOCOL = 5;

export interface WorkVersion {
  version: string;
  /** 1: it does not say */
  protocol: number;
}

/**
 * Why a worker and a server must not work together, as a sentence that says which of them to update; null: they may.
 * Configs of runs change with the minor version, so a worker of another one could read a run otherwise than it was meant.
 */
export function versionRefusal(worker: WorkVersion, server: WorkVersion): string | null {
  if (worker.protocol === server.protocol && seriesOf(worker.version) === seriesOf(server.version)) return null;
  const older = compare(worker, server) < 0 ? "the worker's" : "the server's";
  return (
    `This worker is of version ${worker.version}, its server of ${server.version}: it is given no runs, ` +
    `which it could read otherwise than they were meant. Update ${older} installation.`
  );
}

/** Up to the minor version. */
const seriesOf = (version: string): string => version.split(".").slice(0, 2).join(".");

function compare(one: WorkVersion, other: WorkVersion): number {
  const [left, right] = [one, other].map(({ version }) => version.split(".").slice(0, 2).map(Number)) as [
    number[],
    number[],
  ];
  for (const [index, part] of left.entries()) if (part !== right[index]) return part - (right[index] ?? 0);
  return one.protocol - other.protocol;
}
