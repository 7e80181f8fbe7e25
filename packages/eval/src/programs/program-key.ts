import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { SHIPPED_SCORERS, type ProgramConfig } from "@uniarm/core/schema";
import { shippedModule } from "./shipped-module.ts";

/** What tells a program's scores from those of another, or of the same one before it was changed. */
export function programKey({ objectives, command, module, shipped, folder, version }: ProgramConfig): string {
  // its number is the same whatever the objective is called
  if (shipped !== undefined)
    return JSON.stringify(["shipped", shipped, SHIPPED_SCORERS[shipped].source, hashOf(shippedModule(shipped))]);
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
