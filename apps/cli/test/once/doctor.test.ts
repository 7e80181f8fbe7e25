import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { examine } from "../../src/doctor/examine.ts";
import { printed } from "../../src/doctor/print.ts";
import { DoctorReport } from "../../src/doctor/report.ts";
import { runCli } from "../run-cli.ts";

test("doctor --json tells every engine with its version, device, threads and bfloat16, and exits 0 when one runs", async () => {
  const { code, stdout } = await runCli(["doctor", "--json"]);
  const { engines, engine, node, disk, memory } = DoctorReport.parse(JSON.parse(stdout));
  expect(code).toBe(0);
  expect(engines.map(({ name }) => name)).toEqual(["tensorflow", "wasm"]);
  const [, wasm] = engines;
  expect(wasm).toMatchObject({ available: true, version: "4.22.0", device: "cpu", threads: 1, bfloat16: false });
  for (const { available, baseWeights, device, cells } of engines.map((one) => ({
    ...one,
    cells: one.baseWeights?.cells ?? [],
  }))) {
    if (!available) continue;
    expect(baseWeights!.reason).not.toBe("");
    // the types that were measured are those there are; what is chosen is one of the two that may be
    expect(["float32", "bfloat16"]).toEqual(expect.arrayContaining([baseWeights!.training, baseWeights!.decoding]));
    if (device === "cpu" && cells.length > 0)
      expect(new Set(cells.map(({ job }) => job))).toEqual(new Set(["training", "decoding"]));
  }
  expect(engine).toBe(engines.find(({ available }) => available)!.name);
  expect(node).toEqual({ version: process.versions.node, supported: true });
  expect(Math.min(disk.freeBytes, memory.freeBytes, memory.totalBytes)).toBeGreaterThan(0);
});

test("the table of what was measured is printed with a line for each product, and the choice with its reason", () => {
  const cell = (job: string, rows: number, type: string, milliseconds: number): object => ({
    job,
    rows,
    type,
    milliseconds,
  });
  const shown = printed(
    DoctorReport.parse({
      engine: "tensorflow",
      node: { version: "22.0.0", supported: true },
      postgres: { program: null, address: null, reachable: null },
      disk: { folder: "/", freeBytes: 1 },
      memory: { totalBytes: 1, freeBytes: 1 },
      engines: [
        {
          name: "tensorflow",
          available: true,
          version: "2.21.0",
          device: "cpu",
          threads: 2,
          threadsReason: "its control group grants the time of 1.5 cores",
          bfloat16: true,
          ownOperations: true,
          baseWeights: {
            training: "float32",
            decoding: "bfloat16",
            reason: "the fastest of those measured here",
            cells: [
              cell("training", 256, "float32", 30),
              cell("training", 256, "bfloat16", 61.25),
              cell("decoding", 1, "float32", 1.16),
            ],
          },
        },
      ],
    }),
  );
  expect(shown.split("\n").slice(0, 4)).toEqual([
    "tensorflow   2.21.0, CPU, 2 threads (its control group grants the time of 1.5 cores), bfloat16 in hardware, own operations",
    "weights      float32 for training, bfloat16 for decoding: the fastest of those measured here",
    "             training, 256 rows: float32 30.0 ms, bfloat16 61.3 ms",
    "             decoding, 1 row: float32 1.2 ms",
  ]);
});

test("an engine that crashes or is missing is told with its reason and the command that brings it", async () => {
  // a preloaded module that ends the probe's process stands for a native crash
  const crash = 'if(process.env.UNIARM_ENGINE==="tensorflow")process.kill(process.pid,"SIGKILL")';
  const report = await examine({
    ...process.env,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}`,
  });
  expect(report.engines[0]).toEqual({
    name: "tensorflow",
    available: false,
    reason: "its process ended with SIGKILL",
    fix: "pnpm engine:install",
  });
  expect(report.engine).toBe("wasm");
  expect(printed(report)).toContain("tensorflow   not available: its process ended with SIGKILL (pnpm engine:install)");
});

test("Postgres is asked by the address of UNIARM_DATABASE_URL, and its password is told to nobody", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = (at: number): string => `postgresql://ada:secret@127.0.0.1:${at}/uniarm`;
  const there = await examine({ ...process.env, UNIARM_DATABASE_URL: url(port) });
  expect(there.postgres).toMatchObject({ address: `127.0.0.1:${port}`, reachable: true });
  server.close();
  await once(server, "close");
  const gone = await examine({ ...process.env, UNIARM_DATABASE_URL: url(port) });
  expect(gone.postgres.reachable).toBe(false);
  expect(JSON.stringify([there, gone]) + printed(gone)).not.toContain("secret");
});
