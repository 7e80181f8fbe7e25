import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";

/**
 * @typedef {object} Outcome
 * @property {number} code exit code; 128 + n where signal n ended it, as shells have it
 * @property {boolean} interrupted whether somebody asked it to end, by Ctrl-C or a signal
 * @property {string} printed standard output and error as they came; empty where the child wrote to the terminal itself
 */

/**
 * Runs a command to its end and passes signals on to it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, environment: NodeJS.ProcessEnv, terminal?: boolean, onLine?: (line: string) => void }} options
 *   terminal: the child reads and writes the terminal itself; otherwise what it prints is kept.
 *   onLine: hears each line of its standard output when it comes
 * @returns {Promise<Outcome>}
 */
export function runChild(command, args, { cwd, environment, terminal = false, onLine }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: environment,
      stdio: terminal ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    let interrupted = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (/** @type {Buffer} */ part) => {
        printed += part.toString();
      });
    }
    if (child.stdout && onLine) createInterface({ input: child.stdout }).on("line", onLine);
    const stopPassing = passSignals((signal) => {
      interrupted = true;
      child.kill(signal);
    });
    child.on("error", (error) => {
      stopPassing();
      resolve({ code: 127, interrupted, printed: `${command}: ${error.message}` });
    });
    child.on("close", (code, signal) => {
      stopPassing();
      const ended = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve({ code: ended, interrupted: interrupted || signal === "SIGINT", printed });
    });
  });
}

/**
 * A terminal sends Ctrl-C to the child as well: passing it on would be a second one, which means "at once" to many.
 * @param {(signal: NodeJS.Signals) => void} pass
 */
function passSignals(pass) {
  const onInterrupt = () => {
    if (!process.stdin.isTTY) pass("SIGINT");
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", pass);
  process.on("SIGHUP", pass);
  return () => {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", pass);
    process.off("SIGHUP", pass);
  };
}
