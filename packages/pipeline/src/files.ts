import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Paths of all files below a folder, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The only file of a folder; any other path stays as it is. */
export function singleFile(path: string): string {
  try {
    const files = filesBelow(path);
    return files.length === 1 ? files[0]! : path;
  } catch {
    return path; // a file itself, or nothing: its reader says so
  }
}
