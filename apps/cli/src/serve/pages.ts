import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the pages are made from, below apps/tracker. */
const SOURCES = ["src", "public", "index.html", "vite.config.ts", "package.json"];

/**
 * The folder of the tracker's built pages; builds them first where they are missing or older than their sources.
 * Null: no pages; a line in the log says why. UNIARM_PAGES names another folder.
 */
export async function trackerPages(log: (line: string) => void): Promise<string | null> {
  if (process.env.UNIARM_PAGES) return process.env.UNIARM_PAGES;
  const program = fileURLToPath(import.meta.resolve("@uniarm/tracker/build"));
  const folder = dirname(program);
  const dist = join(folder, "dist");
  const builtAt = timeOf(join(dist, "index.html"));
  if (builtAt > newestOf(folder)) return dist;
  log(
    builtAt === 0
      ? "Building the pages for the first time; this takes some seconds."
      : "The pages' sources have changed; building them again.",
  );
  const problem = await built(program);
  if (problem === null) return dist;
  log(`The pages could not be built; everything else works. To see why: node ${program}\n${problem}`);
  return builtAt === 0 ? null : dist;
}

const timeOf = (path: string): number => (existsSync(path) ? statSync(path).mtimeMs : 0);

function newestOf(folder: string): number {
  const files = SOURCES.map((name) => join(folder, name)).flatMap((path) =>
    existsSync(path) && statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))
      : [path],
  );
  return Math.max(...files.map(timeOf));
}

/** Null: the pages are built; else what the builder printed. */
function built(program: string): Promise<string | null> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [program, "--quiet"], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.on("error", (error) => done(error.message));
    child.on("close", (code) => done(code === 0 ? null : said.trim()));
  });
}
