import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { ProgramConfig } from "@uniarm/core/schema";

/** What tells a program's scores from those of another, or of the same one before it was changed. */
export function programKey({ objectives, command, module, folder, version }: ProgramConfig): string {
  const names = objectives.map(({ name }) => name);
  const words = module === undefined ? command! : [module];
  const files = words.map((word) => hashOf(resolve(folder, word)));
  // a module is what it says, wherever it lies
  return JSON.stringify(["program", names, module === undefined ? words : "module", files, version]);
}

/** Null: the word of a command is no file. */
const hashOf = (path: string): string | null =>
  existsSync(path) && statSync(path).isFile()
    ? createHash("sha256").update(readFileSync(path)).digest("base64url")
    : null;
