/** Runs the `score` of an ES module for whoever writes requests on standard input: `node module-child MODULE`. */
import { Console } from "node:console";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

interface Request {
  id: number;
  objectives: string[];
  rows: unknown[];
}
type Score = (batch: unknown[], objectives: string[]) => unknown;

const say = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr); // what a module prints is no answer
globalThis.console = new Console(process.stderr);

const path = process.argv[2]!;
const { score } = (await import(pathToFileURL(path).href)) as { score?: Score };
const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
for await (const line of lines) {
  const { id, objectives, rows } = JSON.parse(line) as Request;
  try {
    if (typeof score !== "function") throw new TypeError(`${path} exports no function "score"`);
    const scores = [...((await score(rows, objectives)) as Iterable<unknown>)];
    say(`${JSON.stringify({ id, scores: scores.map(spelled) })}\n`);
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`${stack}\n`);
    say(`${JSON.stringify({ id, error: message })}\n`);
  }
}
process.exit(0);

/** JSON would write NaN as null. */
function spelled(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return typeof value === "object" && value !== null && Symbol.iterator in value
    ? Array.from(value as Iterable<unknown>, spelled)
    : value;
}
