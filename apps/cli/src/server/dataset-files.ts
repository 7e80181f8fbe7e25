import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { RelativePath, UniArmError } from "@uniarm/core/schema";

/** The files of a dataset, each under its own name: name -> path on this disk. @throws UniArmError file-name */
export function datasetFiles(paths: readonly string[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const from of paths) {
    const name = RelativePath.safeParse(basename(from));
    if (!name.success)
      throw new UniArmError("file-name", `A file of a dataset is named with letters, digits, . _ - : rename ${from}`);
    if (name.data in files)
      throw new UniArmError("file-name", `Two files of a dataset cannot have one name: rename ${from}`);
    files[name.data] = from;
  }
  return files;
}

const NEWLINE = 10;

/** Lines of a file, the last one also where no newline ends it. @throws UniArmError file-missing */
export async function countLines(path: string): Promise<number> {
  let [lines, last] = [0, NEWLINE];
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === NEWLINE) lines += 1;
      last = chunk.at(-1)!;
    }
  } catch (cause) {
    throw new UniArmError("file-missing", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return last === NEWLINE ? lines : lines + 1;
}
