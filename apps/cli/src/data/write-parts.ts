import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname, extname } from "node:path";

export interface WrittenFile {
  path: string;
  lines: number;
}

/** JSON-lines files that appear whole, or not at all, once everything has been written. */
export interface PartFiles {
  write(part: string | null, value: unknown): Promise<void>;
  /** Puts the files in their places. */
  finish(): Promise<WrittenFile[]>;
  /** Removes the unfinished files; does nothing after `finish`. */
  abandon(): Promise<void>;
}

interface PartFile {
  handle: FileHandle;
  partial: string;
  lines: number;
  /** lines not yet written */
  waiting: string[];
}

const LINES_AT_ONCE = 256;

/** A part's file is the output's name with the part in it: pairs.jsonl -> pairs.train.jsonl; null is the output itself. */
export function partFiles(output: string): PartFiles {
  const files = new Map<string, PartFile>();
  const fileOf = async (part: string | null): Promise<PartFile> => {
    const path = part === null ? output : partPath(output, part);
    const found = files.get(path);
    if (found) return found;
    await mkdir(dirname(path), { recursive: true });
    const partial = `${path}.partial-${process.pid}`;
    const made: PartFile = { handle: await open(partial, "w"), partial, lines: 0, waiting: [] };
    files.set(path, made);
    return made;
  };
  const flush = async ({ handle, waiting }: PartFile): Promise<void> => {
    await handle.appendFile(waiting.splice(0).join(""));
  };
  return {
    write: async (part, value) => {
      const file = await fileOf(part);
      file.lines += 1;
      file.waiting.push(`${JSON.stringify(value)}\n`);
      if (file.waiting.length >= LINES_AT_ONCE) await flush(file);
    },
    finish: async () => {
      if (files.size === 0) await fileOf(null);
      const written: WrittenFile[] = [];
      for (const [path, file] of files) {
        await flush(file);
        await file.handle.sync();
        await file.handle.close();
        await rename(file.partial, path);
        written.push({ path, lines: file.lines });
      }
      files.clear();
      return written;
    },
    abandon: async () => {
      for (const { handle, partial } of files.values()) {
        await handle.close();
        await rm(partial, { force: true });
      }
      files.clear();
    },
  };
}

function partPath(output: string, part: string): string {
  const extension = extname(output);
  return `${output.slice(0, output.length - extension.length)}.${part}${extension}`;
}
