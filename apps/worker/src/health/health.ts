import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Launcher } from "../launcher/launcher.ts";
import type { Place } from "../place/place.ts";
import { probeFolder } from "./probe-folder.ts";

const ENGINE_CHECK = join(
  import.meta.dirname,
  `../job/engine-check${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`,
);
/** What the server takes. */
const MOST_LETTERS = 2000;
/** What Kerberos allows: more is no drift, but a clock that nobody sets. */
const MOST_SKEW_MS = 5 * 60_000;

/** What keeps a worker from working; it takes no runs until all of it is over. */
export interface Health {
  /** All that was found last, for the list of workers; empty: it is well. */
  problem: () => string;
  /** Looks anew what this machine lacks; empty: it could work. */
  check: () => Promise<string>;
  /** A job could not be started, or had no engine: that is tried before the next run is taken. */
  doubt: (what: "start" | "engine") => void;
  /** The server gives this worker no runs, and says why; empty: it does again. */
  refused: (sentence: string) => void;
  /** The server's clock, and when this machine's showed the same moment. */
  compareClocks: (serverMs: number, ownMs: number) => void;
}

export interface HealthSettings {
  folder: string;
  host: string;
  place: Pick<Place, "isHeld">;
  launcher: Pick<Launcher, "problem">;
}

export function watchHealth({ folder, host, place, launcher }: HealthSettings): Health {
  const doubts = new Set<"start" | "engine">();
  let refusal = "";
  let clock = "";
  let found = "";

  const tried: Record<"start" | "engine", () => Promise<string>> = {
    start: async () =>
      (await fails(["--version"])) &&
      `No process can be started on ${host}: memory, processes or open files are used up.`,
    engine: async () => {
      const said = await fails([ENGINE_CHECK]);
      return said && `There is no engine on ${host} that computes: ${said}`;
    },
  };
  const look = async (): Promise<string> => {
    if (!place.isHeld()) return `The folder ${folder} on ${host} was removed, or another worker has it.`;
    const disk = await probeFolder(folder, host);
    if (disk !== "") return disk;
    const launching = launcher.problem();
    if (launching !== "") return launching;
    for (const doubt of doubts) {
      const still = await tried[doubt]();
      if (still !== "") return still;
      doubts.delete(doubt);
    }
    return "";
  };
  const all = (): string => [found, refusal, clock].filter(Boolean).join(" ").slice(0, MOST_LETTERS);
  return {
    problem: all,
    check: async () => {
      found = await look();
      return [found, clock].filter(Boolean).join(" ").slice(0, MOST_LETTERS);
    },
    doubt: (what) => void doubts.add(what),
    refused: (sentence) => {
      refusal = sentence;
    },
    compareClocks: (serverMs, ownMs) => {
      const skew = ownMs - serverMs;
      const minutes = Math.round(Math.abs(skew) / 60_000);
      clock =
        Math.abs(skew) < MOST_SKEW_MS
          ? ""
          : `The clock of ${host} is ${minutes} minutes ${skew > 0 ? "ahead of" : "behind"} the server's, and the times of what it reports would be wrong. Set it, for instance by NTP.`;
    },
  };
}

/** What a process of ours says when it cannot do what it is there for; empty: it could. */
function fails(args: readonly string[]): Promise<string> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.on("error", (error) => done(error.message));
    child.on("close", (code, signal) =>
      done(code === 0 ? "" : said.trim().slice(-500) || `it ended with ${signal ?? code}`),
    );
  });
}
