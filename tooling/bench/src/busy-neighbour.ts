import { spawn } from "node:child_process";
import { once } from "node:events";

/** Keeps a core busy until its standard input ends, which it does when the process that started it dies in whatever way. */
const SOURCE = `
  process.stdin.on("end", () => process.exit()).resume();
  const work = () => {
    const end = performance.now() + 50;
    while (performance.now() < end);
    setImmediate(work);
  };
  process.stdout.write("busy", work);`;

/** Runs work beside one process that keeps a core busy. */
export async function besideNeighbour<T>(work: () => Promise<T>): Promise<T> {
  const neighbour = spawn(process.execPath, ["-e", SOURCE], { stdio: ["pipe", "pipe", "ignore"] });
  try {
    await once(neighbour.stdout, "data");
    return await work();
  } finally {
    const ended = neighbour.exitCode === null ? once(neighbour, "close") : null;
    neighbour.stdin.end();
    await ended;
  }
}
