/**
 * `npm run demo [-- args]` and `npm test [-- args]` on a machine that has Node 20+ and npm and nothing else: installs what
 * is missing, makes the fast tensor engine where it can be made, then runs. Nothing here needs an installed package.
 */
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "./src/child.mjs";
import { enginePhase, installPhase, PhaseFailure, projectNode } from "./src/phases.mjs";

const OLDEST_NODE = 20;
/** @type {Record<string, readonly string[]>} what each command runs on the project's Node */
const COMMANDS = {
  demo: ["apps/cli/src/main.ts", "demo"],
  test: ["node_modules/vitest/vitest.mjs", "run"],
};

/** @param {string} root @returns {NodeJS.ProcessEnv} the environment in which `node` is the project's, also for grandchildren */
function environmentFor(root) {
  const path = [dirname(projectNode(root)), join(root, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  return { TF_CPP_MIN_LOG_LEVEL: "2", ...process.env, PATH: path };
}

/** @param {string} root @param {readonly string[]} args @returns {Promise<number>} exit code */
async function main(root, [command = "", ...args]) {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    process.stderr.write(
      `this is Node ${process.versions.node}; Node ${OLDEST_NODE} or newer is needed to install the rest\n`,
    );
    return 1;
  }
  const script = COMMANDS[command];
  if (script === undefined) {
    process.stderr.write(`run.mjs knows ${Object.keys(COMMANDS).join(" and ")}, not "${command}"\n`);
    return 2;
  }
  const print = (/** @type {string} */ text) => void process.stdout.write(`${text}\n`);
  try {
    await installPhase({ root, environment: process.env, print });
    await enginePhase({ root, environment: environmentFor(root), print });
  } catch (error) {
    if (!(error instanceof PhaseFailure)) throw error;
    if (error.message !== "") process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  const { code, printed } = await runChild(projectNode(root), [...script, ...args], {
    cwd: root,
    environment: environmentFor(root),
    terminal: true,
  });
  if (printed !== "") process.stderr.write(`${printed}\n`);
  return code;
}

process.exitCode = await main(join(dirname(fileURLToPath(import.meta.url)), "..", ".."), process.argv.slice(2));
