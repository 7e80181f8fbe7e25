import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The folders of pnpm-workspace.yaml, which is not read here: a YAML parser would have to be installed first. */
const WORKSPACE_FOLDERS = ["packages", "apps", "tooling", "examples"];

/** @param {string} root */
const stampFile = (root) => join(root, "node_modules", ".uniarm-installed");

/** Whether node_modules is what the lockfile and the manifests ask for. @param {string} root */
export function isInstalled(root) {
  if (!existsSync(stampFile(root)) || readFileSync(stampFile(root), "utf8") !== installKey(root)) return false;
  return workspaceManifests(root).every(
    (file) => !hasDependencies(file) || existsSync(join(file, "..", "node_modules")),
  );
}

/** Notes that the install of the present lockfile and manifests is complete. @param {string} root */
export function markInstalled(root) {
  writeFileSync(stampFile(root), installKey(root));
}

/** Changes whenever another install might give something else. @param {string} root */
export function installKey(root) {
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc"].map((name) => join(root, name)).filter(existsSync);
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const file of [...files, ...workspaceManifests(root)])
    hash.update(`\0${file.slice(root.length)}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

/** @param {string} root */
function workspaceManifests(root) {
  const packages = WORKSPACE_FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder))
      .sort()
      .map((name) => join(root, folder, name)),
  );
  return [root, ...packages].map((folder) => join(folder, "package.json")).filter(existsSync);
}

/** @param {string} manifest */
function hasDependencies(manifest) {
  /** @type {Record<string, Record<string, string>>} */
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(manifest, "utf8"));
  return Object.keys({ ...dependencies, ...devDependencies }).length > 0;
}
