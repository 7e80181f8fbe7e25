/**
 * `pnpm check:packages`: what a user of a single package meets. Builds and packs every package, installs the tarballs
 * with plain npm in an empty folder, and runs the example of each package's README there. The client's has a server to ask.
 */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { startPlatform } from "@uniarm/cli/testing";
import { readmeExample } from "./readme-example.ts";

const root = resolve(import.meta.dirname, "../../..");
const packages = readdirSync(join(root, "packages"));
const folder = mkdtempSync(join(tmpdir(), "uniarm-pack-"));
chmodSync(folder, 0o755); // as a project's folder is

const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const startedAt = performance.now();
  const result = await work();
  process.stdout.write(`${what.padEnd(28)} ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  return result;
};
/** What it prints; meanwhile a server's log is read, which else would make it wait. */
const run = async (command: string, args: readonly string[], cwd: string, environment = {}): Promise<string> => {
  const running = promisify(execFile)(command, args, { cwd, env: { ...process.env, ...environment } });
  running.child.stdin?.end();
  return (await running).stdout;
};

/** With a server of this workspace, whose data lie in the folder, and what a program reads of it. */
async function withServer<T>(work: (environment: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const data = join(folder, "server-data");
  mkdirSync(data);
  const server = await startPlatform({ folder: data });
  try {
    return await work({ UNIARM_SERVER: server.url, UNIARM_KEY: readFileSync(join(data, "local-key"), "utf8").trim() });
  } finally {
    await server.stop();
  }
}

try {
  await timed("build", () => run("pnpm", ["exec", "turbo", "run", "build", "--output-logs=errors-only"], root));
  const tarballs = await timed("pack", async () => {
    const packed: string[] = [];
    for (const name of packages) {
      const printed = await run("pnpm", ["pack", "--json", "--pack-destination", folder], join(root, "packages", name));
      packed.push((JSON.parse(printed) as { filename: string }).filename);
    }
    return packed;
  });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "somebody-elses-project", private: true }));
  await timed("npm install", () =>
    run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...tarballs], folder),
  );
  for (const name of packages) {
    const readme = readFileSync(join(folder, "node_modules", "@uniarm", name, "README.md"), "utf8");
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, readmeExample(readme, name));
    const example = (environment = {}): Promise<string> =>
      timed(`example of ${name}`, () => run(process.execPath, [file], folder, environment));
    const printed = await (name === "client" ? withServer(example) : example());
    if (printed.trim() === "") throw new Error(`the example of ${name} printed nothing`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
