import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { z } from "zod";
import { singleFile } from "./files.ts";
import type { JobNode } from "./schema/graph.ts";
import { replaceReferences } from "./schema/references-in.ts";

/** What a node read and put out. Paths of outputs are relative to the graph's folder, so that it can be moved. */
const NodeRecord = z.strictObject({
  /** sha256 of each file that is named by its path */
  read: z.record(z.string(), z.string()),
  /** output -> name of each of its files -> where it lies */
  outputs: z.record(z.string(), z.record(z.string(), z.string())),
  /** how long it took; absent where it was interrupted: what went before is not known */
  seconds: z.number().nonnegative().optional(),
});
export type NodeRecord = z.infer<typeof NodeRecord>;

const pathOf = (folder: string, { name }: JobNode): string => join(folder, "stages", `${name}.json`);

/**
 * What an earlier run of a node left, where all of it is still there; null: it is to be run.
 * @throws UniArmError stage-record-invalid; input-changed when a file that the node read is another now
 */
export async function readRecord(folder: string, node: JobNode): Promise<NodeRecord | null> {
  const path = pathOf(folder, node);
  if (!existsSync(path)) return null;
  const parsed = NodeRecord.safeParse(
    await readFile(path, "utf8")
      .then(JSON.parse)
      .catch(() => null),
  );
  if (!parsed.success)
    throw new UniArmError(
      "stage-record-invalid",
      `${path} does not say what ${node.name} put out. Delete it: ${node.name} is then run again.`,
    );
  const { read, outputs } = parsed.data;
  if (!Object.values(outputs).every((files) => Object.values(files).every((file) => existsSync(join(folder, file)))))
    return null;
  for (const [file, sha256] of Object.entries(await filesRead(node)))
    if (read[file] !== sha256)
      throw new UniArmError(
        "input-changed",
        `${file} has changed since ${node.name} read it: what is in ${folder} would not belong together. Put the file back, or choose another folder with --output.`,
      );
  return parsed.data;
}

/** Written last: a node without it has not ended. */
export async function writeRecord(folder: string, node: JobNode, record: NodeRecord): Promise<void> {
  const path = pathOf(folder, node);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** sha256 of every file that a node's config names by its path. Folders of models are not read: checkpoints know their base. */
export async function filesRead({ kind, config }: JobNode): Promise<Record<string, string>> {
  const paths: string[] = [];
  replaceReferences(kind, config, (reference, { to }, text) => {
    if (reference.type === "path" && to === "file") paths.push(singleFile(resolve(reference.path)));
    return text;
  });
  const hashes = paths.filter((path) => existsSync(path)).map(async (path) => [path, await sha256Of(path)] as const);
  return Object.fromEntries(await Promise.all(hashes)); // the stage itself refuses a file that is missing
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest("hex");
}
