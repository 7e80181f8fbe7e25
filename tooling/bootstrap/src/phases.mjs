import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { isInstalled, markInstalled } from "./stamp.mjs";

/** A phase failed; `report` is what to print. */
export class PhaseFailure extends Error {
  /** @param {string} report @param {number} exitCode */
  constructor(report, exitCode) {
    super(report);
    this.name = "PhaseFailure";
    this.exitCode = exitCode;
  }
}

/**
 * @typedef {object} Workplace
 * @property {string} root the repository
 * @property {NodeJS.ProcessEnv} environment
 * @property {(line: string) => void} print
 */

/** The Node that the project runs on, whatever the host has. @param {string} root */
export const projectNode = (root) => join(root, "node_modules", "node", "bin", "node");

/** Installs what the lockfile asks for, unless it is there. @param {Workplace} workplace */
export async function installPhase({ root, environment, print }) {
  const startedAt = performance.now();
  if (isInstalled(root)) {
    print(line("install", "up to date", startedAt));
    return;
  }
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const quiet = { CI: "true", npm_config_update_notifier: "false" }; // it must not stop and ask
  const { code, printed, interrupted } = await runChild("npx", ["-y", packageManager, "install", "--frozen-lockfile"], {
    cwd: root,
    environment: { ...environment, ...quiet },
  });
  if (code !== 0) {
    rmSync(join(root, "node_modules", ".uniarm-installed"), { force: true });
    const report = `${line("install", `${packageManager} failed (exit code ${code})`, startedAt)}\n\n${printed.trim()}`;
    throw new PhaseFailure(interrupted ? "" : report, code);
  }
  markInstalled(root);
  print(line("install", String(packageManager).replace("@", " "), startedAt));
}

/**
 * Makes the fast engine, or says in one line why wasm will have to do.
 * @param {Workplace} workplace
 */
export async function enginePhase({ root, environment, print }) {
  const startedAt = performance.now();
  if (environment.UNIARM_ENGINE === "wasm") {
    print(line("engine", "wasm, as UNIARM_ENGINE asks", startedAt));
    return;
  }
  const installer = join(root, "tooling", "engine", "src", "install.ts");
  /** @type {EngineReport} */
  let report = {};
  const { code, printed, interrupted } = await runChild(projectNode(root), [installer, "--json"], {
    cwd: root,
    environment,
    onLine: (text) => {
      report = parseReport(text) ?? report;
      if (report.note !== undefined) print(`${"engine".padEnd(10)} ${report.note}`);
    },
  });
  if (interrupted) throw new PhaseFailure("", code);
  if (report.engine === "tensorflow") {
    print(line("engine", `tensorflow ${report.version}`, startedAt));
    return;
  }
  const why = (report.reason ?? crashOf(printed))
    .split("\n")
    .filter((text) => text.trim() !== "")
    .join(" ");
  if (environment.UNIARM_ENGINE === "tensorflow") {
    throw new PhaseFailure(
      line("engine", `tensorflow was asked for and is not available: ${why}`, startedAt),
      code || 1,
    );
  }
  print(line("engine", `wasm: ${why}`, startedAt));
}

/**
 * One line of the installer's --json output.
 * @typedef {{ note?: string, engine?: string, version?: string, reason?: string }} EngineReport
 * @param {string} text
 * @returns {EngineReport | null}
 */
function parseReport(text) {
  try {
    /** @type {EngineReport} */
    const report = JSON.parse(text);
    return report;
  } catch {
    return null;
  }
}

/** The line of a stack trace that says what happened. @param {string} printed */
const crashOf = (printed) =>
  printed.split("\n").find((text) => /^\w*Error\b/.test(text)) ?? "its installer did not answer";

/** @param {string} phase @param {string} result @param {number} startedAt */
function line(phase, result, startedAt) {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  return `${phase.padEnd(10)} ${result.padEnd(40)} ${seconds.padStart(6)} s`;
}
