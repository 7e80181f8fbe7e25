/**
 * `pnpm check:packages`: what a user of a single package meets. Builds and packs every package, installs the tarballs
 * with plain npm in an empty folder, and runs the example of each package's README there. The client's has a server to ask.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readmeExample } from "./readme-example.ts";
import { startServer } from "./start-server.ts";

const root = resolve(import.meta.dirname, "../../..");
const packages = readdirSync(join(root, "packages"));
const folder = mkdtempSync(join(tmpdir(), "uniarm-pack-"));
chmodSync(folder, 0o755); // as a project's folder is

const timed = <T>(what: string, work: () => T): T => {
  const startedAt = performance.now();
  const result = work();
  process.stdout.write(`${what.padEnd(28)} ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  return result;
};
const run = (command: string, args: readonly string[], cwd: string, environment = {}): string =>
  execFileSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });

try {
  timed("build", () => run("pnpm", ["exec", "turbo", "run", "build", "--output-logs=errors-only"], root));
  const tarballs = timed("pack", () =>
    packages.map((name) => {
      const printed = run("pnpm", ["pack", "--json", "--pack-destination", folder], join(root, "packages", name));
      return (JSON.parse(printed) as { filename: string }).filename;
    }),
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "somebody-elses-project", private: true }));
  timed("npm install", () =>
    run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...tarballs], folder),
  );
  for (const name of packages) {
    const readme = readFileSync(join(folder, "node_modules", "@uniarm", name, "README.md"), "utf8");
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, readmeExample(readme, name));
    const server = name === "client" ? await startServer(root, folder) : null;
    const printed = timed(`example of ${name}`, () => run(process.execPath, [file], folder, server?.environment));
    await server?.stop();
    if (printed.trim() === "") throw new Error(`the example of ${name} printed nothing`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
