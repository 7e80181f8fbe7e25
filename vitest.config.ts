import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { enginesToTest, type EngineName } from "./tooling/engine/src/engines-to-test.ts";
import { engineStatus } from "./tooling/engine/src/status.ts";

const engines = enginesToTest(process.env, engineStatus());
const [firstEngine = "wasm", ...otherEngines] = engines;

/** What TensorFlow reads in C, where only the environment that a worker is started with counts, not `test.env`. */
const nativeEnvironment = {
  TF_CPP_MIN_LOG_LEVEL: "2",
  // one thread a process: as many test files as there are cores run side by side, and sums come out alike everywhere
  OMP_NUM_THREADS: "1",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
  // what is fastest differs between machines, and measuring it takes time: a test that is about it says so
  UNIARM_BASE_WEIGHTS: "float32",
};
Object.assign(process.env, nativeEnvironment);

const project = (name: string, folder: string, engine: EngineName, exclude: string[] = []) => ({
  test: {
    name,
    environment: "node" as const,
    include: [`${folder}/test/**/*.test.ts`],
    exclude: ["**/node_modules/**", ...exclude],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } }, // a guard against waiting for ever, not a measure
    env: { UNIARM_ENGINE: engine },
  },
});

/** `core` runs on the first engine there is, `core:wasm` on the other; what lies in test/once runs on the first only. */
const onEveryEngine = (name: string, folder: string) => [
  project(name, folder, firstEngine),
  ...otherEngines.map((engine) => project(`${name}:${engine}`, folder, engine, [`${folder}/test/once/**`])),
];

export default defineConfig({
  test: {
    pool: "forks", // a file, a process: an engine is opened once and a native crash takes one file with it
    // one more than there are cores: tests of the platform wait for processes, leases and browsers half of their time
    maxWorkers: Math.min(8, availableParallelism() + 1),
    projects: [
      ...onEveryEngine("core", "packages/core"),
      ...onEveryEngine("trainer", "packages/trainer"),
      ...onEveryEngine("decoder", "packages/decoder"),
      ...onEveryEngine("cli", "apps/cli"),
      ...onEveryEngine("eval", "packages/eval"),
      project("client", "packages/client", firstEngine),
      project("data", "packages/data", firstEngine),
      project("pipeline", "packages/pipeline", firstEngine),
      project("db", "packages/db", firstEngine),
      project("slurm", "packages/slurm", firstEngine),
      project("kubernetes", "packages/kubernetes", firstEngine),
      project("api", "apps/api", firstEngine),
      project("tracker", "apps/tracker", firstEngine),
      project("worker", "apps/worker", firstEngine),
      project("tiny-world", "packages/tiny-world", firstEngine),
      project("tooling", "tooling/*", firstEngine),
    ],
  },
});
