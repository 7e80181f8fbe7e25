import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Manifest {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
}

/** The package that a module is in: its folder, name, version and what it depends on. */
export function packageOf(moduleUrl: string): { folder: string; manifest: Manifest } {
  for (let folder = dirname(fileURLToPath(moduleUrl)); ; folder = dirname(folder)) {
    const manifest = manifestIn(folder);
    if (manifest?.name !== undefined || folder === dirname(folder)) return { folder, manifest: manifest ?? {} };
  }
}

/** Installed versions of what packages depend on directly, by name; Node with them. What is not installed is left out. */
export function packageVersions(moduleUrls: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = { node: process.versions.node };
  for (const url of moduleUrls) {
    const { folder, manifest } = packageOf(url);
    if (manifest.name !== undefined && manifest.version !== undefined) versions[manifest.name] = manifest.version;
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const version = installedVersion(folder, name);
      if (version !== null) versions[name] = version;
    }
  }
  return Object.fromEntries(Object.entries(versions).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function installedVersion(folder: string, name: string): string | null {
  for (const place of createRequire(join(folder, "package.json")).resolve.paths(name) ?? []) {
    const found = manifestIn(join(place, name));
    if (found) return found.version ?? null;
  }
  return null;
}

function manifestIn(folder: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return null;
  }
}
