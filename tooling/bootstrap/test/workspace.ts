import { spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const bootstrap = join(import.meta.dirname, "..");

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A small clone of this repository: the real bootstrap; npx, the engine's installer, the CLI and vitest are stand-ins. */
export class Workspace {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "uniarm-bootstrap-")));
  readonly #calls = join(this.root, "npx-calls");

  constructor() {
    cpSync(join(bootstrap, "run.mjs"), join(this.root, "tooling/bootstrap/run.mjs"));
    cpSync(join(bootstrap, "src"), join(this.root, "tooling/bootstrap/src"), { recursive: true });
    this.write("package.json", JSON.stringify({ type: "module", packageManager: "pnpm@1.2.3" }));
    this.write("pnpm-lock.yaml", "lock");
    this.write("packages/core/package.json", JSON.stringify({ name: "core", dependencies: { zod: "1" } }));
    this.npx(`/bin/mkdir -p node_modules/node/bin packages/core/node_modules
      /bin/ln -sf ${process.execPath} node_modules/node/bin/node`);
    this.engine({ engine: "tensorflow", version: "9.9.9" });
    this.write("apps/cli/src/main.ts", "console.log('cli', process.argv.slice(2).join(' ')); process.exitCode = 7;");
    this.write("node_modules/vitest/vitest.mjs", "console.log('vitest', process.argv.slice(2).join(' '));");
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** npx is this script from now on. */
  npx(script: string): void {
    this.write("bin/npx", `#!/bin/sh\necho "$*" >> ${this.#calls}\n${script}\n`);
    chmodSync(join(this.root, "bin/npx"), 0o755);
  }

  /** What the engine's installer answers from now on. */
  engine(answer: object, exitCode = 0): void {
    const text = `console.log(${JSON.stringify(JSON.stringify(answer))}); process.exitCode = ${exitCode};`;
    this.write("tooling/engine/src/install.ts", text);
  }

  /** One line a call of npx: its arguments. */
  get npxCalls(): string[] {
    return existsSync(this.#calls) ? readFileSync(this.#calls, "utf8").trim().split("\n") : [];
  }

  start(
    args: readonly string[],
    environment: Record<string, string> = {},
  ): { child: ChildProcess; outcome: Promise<Outcome> } {
    const env = { PATH: join(this.root, "bin"), ...environment };
    const child = spawn(process.execPath, [join(this.root, "tooling/bootstrap/run.mjs"), ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const outcome = new Promise<Outcome>((resolve) => {
      const printed = { stdout: "", stderr: "" };
      for (const stream of ["stdout", "stderr"] as const) {
        child[stream].on("data", (part: Buffer) => (printed[stream] += part.toString()));
      }
      child.on("close", (code) => {
        resolve({ code, ...printed });
      });
    });
    return { child, outcome };
  }

  run(args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> {
    return this.start(args, environment).outcome;
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}

/** What was printed, line by line, with `#` for every time. */
export const linesOf = (outcome: Outcome): string[] =>
  outcome.stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/ +\d+\.\d s$/, " # s").trimEnd());
