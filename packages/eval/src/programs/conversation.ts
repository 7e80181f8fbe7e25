import { StringDecoder } from "node:string_decoder";
import { guardedProcess, type GuardedProcess } from "./guarded-process.ts";

/** an answer is a few bytes for each response: what is longer is none */
const MAX_LINE = 16 * 1024 * 1024;
/** for a program to end by itself when it is asked nothing more */
const FAREWELL_MS = 2000;

/** What came of a request. */
export type Reply =
  { type: "line"; line: string } | { type: "failed"; why: "timeout" | "stopped" | "ended"; how: string };

export interface Conversation {
  /** Writes one line and gives the one that answers it. */
  ask: (request: string, timeoutMs: number) => Promise<Reply>;
  /** Ends it at once. @returns the end of what it wrote on standard error */
  abandon: () => Promise<string>;
  /** Lets it end by itself, for a while. */
  close: () => Promise<void>;
}

/** A program that is asked line by line, one request at a time. */
export function converse(
  command: readonly string[],
  options: { folder: string; addressSpaceMb: number | undefined; signal: AbortSignal | undefined },
): Conversation {
  const program = guardedProcess(command, options);
  const { signal } = options;
  const lines = linesOf(program);
  const abandon = async (): Promise<string> => {
    program.kill();
    await program.ended;
    return program.lastErrors();
  };
  return {
    abandon,
    ask: async (request, timeoutMs) => {
      let timer: NodeJS.Timeout | undefined;
      let stop: (() => void) | undefined;
      const late = new Promise<Reply>((done) => {
        timer = setTimeout(() => done({ type: "failed", why: "timeout", how: "" }), timeoutMs);
        stop = () => done({ type: "failed", why: "stopped", how: "" });
        if (signal?.aborted) stop();
        signal?.addEventListener("abort", stop);
      });
      const over = program.ended.then((how): Reply => ({ type: "failed", why: "ended", how }));
      program.stdin.write(`${request}\n`);
      try {
        return await Promise.race([lines.next(), late, over]);
      } finally {
        clearTimeout(timer);
        if (stop) signal?.removeEventListener("abort", stop);
      }
    },
    close: async () => {
      program.stdin.end();
      const late = setTimeout(program.kill, FAREWELL_MS);
      await program.ended;
      clearTimeout(late);
    },
  };
}

/** Lines of its standard output as they are asked for; one that was not asked for answers the next request. */
function linesOf({ stdout }: GuardedProcess): { next: () => Promise<Reply> } {
  const decoder = new StringDecoder("utf8");
  const come: string[] = [];
  let waiting: ((reply: Reply) => void) | null = null;
  let rest: string[] = [];
  let length = 0;
  const give = (line: string): void => {
    if (waiting === null) return void come.push(line);
    waiting({ type: "line", line });
    waiting = null;
  };
  stdout.on("data", (bytes: Buffer) => {
    const parts = decoder.write(bytes).split("\n");
    for (const part of parts.slice(0, -1)) {
      give([...rest, part].join(""));
      rest = [];
      length = 0;
    }
    rest.push(parts.at(-1)!);
    length += parts.at(-1)!.length;
    if (length <= MAX_LINE && come.length < 1000) return;
    stdout.destroy(); // it would fill the memory
    give(rest.join("").slice(0, 1000));
  });
  return {
    next: () =>
      new Promise((done) => {
        const line = come.shift();
        if (line === undefined) waiting = done;
        else done({ type: "line", line });
      }),
  };
}
