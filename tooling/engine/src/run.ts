import { spawn } from "node:child_process";

/** Runs a command quietly and resolves to its standard output. @throws Error with the end of what it printed when it fails */
export function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    let complaints = "";
    child.stdout.on("data", (part: Buffer) => (printed += part.toString()));
    child.stderr.on("data", (part: Buffer) => (complaints += part.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(printed);
      else
        reject(
          new Error(`${command} ${args[0] ?? ""} ended with ${code}: ${(complaints || printed).trim().slice(-800)}`),
        );
    });
  });
}
