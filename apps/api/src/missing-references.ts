import { access } from "node:fs/promises";
import { hostname } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { isPulledByName } from "@uniarm/core/schema";
import { knownDatasets, listWorkers, type Database } from "@uniarm/db";
import { referencesIn, type JobNode, type Reference } from "@uniarm/pipeline/schema";

/**
 * What a launch refers to that is not there, a sentence each, so that it is refused before hours of work and not after them.
 * Paths are looked for only where it can be known: all workers that are alive run on this machine.
 */
export async function missingReferences(
  db: Database,
  { projectId, nodes, checkPaths }: { projectId: string; nodes: readonly JobNode[]; checkPaths: boolean },
): Promise<string[]> {
  const references = nodes.flatMap(({ kind, config }) => referencesIn(kind, config));
  const datasets = distinct(references.flatMap((one) => (one.type === "dataset" ? one.name : [])));
  const known = await knownDatasets(db, projectId, datasets);
  const sentences = datasets
    .filter((name) => !known.has(name))
    .map((name) => `There is no dataset ${name} in this project. Upload it: uniarm datasets add`);
  return checkPaths ? [...sentences, ...(await missingPaths(db, references))] : sentences;
}

async function missingPaths(db: Database, references: readonly Reference[]): Promise<string[]> {
  const workers = await listWorkers(db);
  if (workers.length === 0 || workers.some(({ host }) => host !== hostname())) return [];
  const isAlone = workers.length === 1; // several may have begun in different folders
  const paths = distinct(
    references.flatMap((one) => (one.type === "path" && !isPulledByName(one.path) ? one.path : [])),
  ).filter((path) => isAbsolute(path) || isAlone);
  const found = await Promise.all(paths.map(async (path) => isThere(resolve(path))));
  return paths
    .filter((_, index) => !found[index])
    .map(
      (path) =>
        `There is no ${resolve(path)} on ${hostname()}, where all workers run. Correct the path, upload it as a dataset, or launch with checkPaths: false if a worker has it elsewhere.`,
    );
}

const isThere = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
