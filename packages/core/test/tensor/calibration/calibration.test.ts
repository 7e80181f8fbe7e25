import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { availableParallelism } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEngine } from "../../../src/index.ts";
import { calibrationPath, publishCalibration, readCalibration } from "../../../src/tensor/calibration/cache.ts";
import { measureProducts } from "../../../src/tensor/calibration/measure.ts";
import { MEASURED_PRODUCTS } from "../../../src/tensor/calibration/measured-products.ts";
import { MEASURED_TYPES } from "../../../src/tensor/calibration/measured-types.ts";
import { CalibrationFile, type CalibratedMachine, type MeasuredCell } from "../../../src/tensor/calibration/table.ts";
import { expectNoTensorLeak, temporaryFolder } from "../../../src/testing/index.ts";
import { packageFolder, runModule } from "../../support/child.ts";

const engine = await openEngine();
const MACHINE: CalibratedMachine = { cpu: "a CPU", features: "f", cores: 4, threads: 2, engine: "tensorflow 1 a" };
const CELLS: MeasuredCell[] = [{ job: "training", rows: 256, type: "float32", milliseconds: 2 }];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const pathOf = (machine: CalibratedMachine): string => calibrationPath(machine, { UNIARM_CACHE: folder.path });

describe("the cache", () => {
  test("keeps a measurement for this machine alone", () => {
    expect(publishCalibration(pathOf(MACHINE), MACHINE, CELLS)).toEqual(CELLS);
    expect(readCalibration(pathOf(MACHINE), MACHINE)).toEqual(CELLS);
    for (const change of [{ cpu: "another" }, { features: "g" }, { cores: 8 }, { threads: 1 }, { engine: "b" }]) {
      const other = { ...MACHINE, ...change };
      expect(readCalibration(pathOf(other), other)).toBeNull(); // has a file of its own
      expect(readCalibration(pathOf(MACHINE), other)).toBeNull(); // and takes no other's, copied or not
    }
  });

  test("the first of several that measured at once is kept, so that all take the same", () => {
    const path = pathOf(MACHINE);
    expect(publishCalibration(path, MACHINE, CELLS)).toEqual(CELLS);
    const later = [{ ...CELLS[0]!, milliseconds: 5 }];
    expect(publishCalibration(path, MACHINE, later)).toEqual(CELLS);
  });

  test.each(["", "{", '{"format":"uniarm-calibration"}', "null"])("a broken file (%j) is replaced", async (text) => {
    const path = pathOf(MACHINE);
    publishCalibration(path, MACHINE, CELLS);
    await writeFile(path, text);
    expect(readCalibration(path, MACHINE)).toBeNull();
    const fresh = [{ ...CELLS[0]!, milliseconds: 5 }];
    expect(publishCalibration(path, MACHINE, fresh)).toEqual(fresh);
    expect(await readdir(join(path, ".."))).toHaveLength(1); // nothing half-written stays
  });

  test("a folder that cannot be written gives nothing, and no error", async () => {
    const file = join(folder.path, "file");
    await writeFile(file, "");
    const path = calibrationPath(MACHINE, { UNIARM_CACHE: file });
    expect(publishCalibration(path, MACHINE, CELLS)).toBeNull();
  });
});

const DEFAULTS = `
  import { calibration, defaultBaseWeights, openEngine } from "./src/index.ts";
  await openEngine();
  const { cells, ...chosen } = calibration();
  console.log(JSON.stringify({ ...chosen, cells, taken: [defaultBaseWeights("training"), defaultBaseWeights("decoding")] }));`;
interface Printed {
  training: string;
  decoding: string;
  reason: string;
  cells: MeasuredCell[];
  taken: string[];
}
async function defaults(environment: Record<string, string | undefined>): Promise<Printed> {
  const { stdout, stderr } = await runModule(packageFolder, DEFAULTS, {
    UNIARM_BASE_WEIGHTS: undefined,
    ...environment,
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Printed;
}

test("UNIARM_BASE_WEIGHTS is taken unmeasured, and another word than a type is refused", async () => {
  const { defaultBaseWeights } = await import("../../../src/index.ts");
  expect(defaultBaseWeights("training", { UNIARM_BASE_WEIGHTS: "bfloat16" })).toBe("bfloat16");
  expect(() => defaultBaseWeights("decoding", { UNIARM_BASE_WEIGHTS: "int3" })).toThrow(
    'UNIARM_BASE_WEIGHTS is "int3"; it must be float32 or bfloat16, or not set: then the fastest here is taken.',
  );
});

test.runIf(engine.name === "wasm")("wasm has float32 alone, and measures nothing", async () => {
  expect(await defaults({ UNIARM_CACHE: folder.path })).toMatchObject({ taken: ["float32", "float32"], cells: [] });
  expect(await readdir(folder.path)).toEqual([]);
});

describe.runIf(engine.name === "tensorflow" && engine.ownOperations)("on TensorFlow", () => {
  test("every product is timed in every type, and the least of the tries is kept", async () => {
    await expectNoTensorLeak(() => {
      let now = 0;
      let step = 64;
      const cells = measureProducts(
        () => 0,
        () => (now += step /= 1.01),
      ); // each reading comes a little sooner after the last
      const names = ({ job, rows, type }: MeasuredCell): string => `${job} ${rows} ${type}`;
      const types = Object.entries(MEASURED_TYPES);
      const expected = MEASURED_PRODUCTS.flatMap(({ job, rows }) =>
        types.filter(([, { trains }]) => trains || job !== "training").map(([type]) => `${job} ${rows} ${type}`),
      );
      expect(cells.map(names).sort()).toEqual(expected.sort());
      expect(Math.max(...cells.map(({ milliseconds }) => milliseconds))).toBeLessThan(64);
    });
  });

  test("where time runs out at once every product has been timed all the same, once", () => {
    let readings = 0;
    const cells = measureProducts(() => 10_000 * readings++);
    // one reading for the deadline, and one in each further try to find that it is over
    expect(readings).toBe(1 + 4 * cells.length);
  });

  test("is measured once for a user, also by processes that start at once", async () => {
    const both = await Promise.all([defaults({ UNIARM_CACHE: folder.path }), defaults({ UNIARM_CACHE: folder.path })]);
    expect(both[1]).toEqual(both[0]);
    expect(both[0].taken).toEqual([both[0].training, both[0].decoding]);
    const [name] = await readdir(join(folder.path, "calibration"));
    const path = join(folder.path, "calibration", name!);
    const file = CalibrationFile.parse(JSON.parse(await readFile(path, "utf8")));
    expect(file.machine).toMatchObject({ cores: availableParallelism(), threads: engine.threads });
    expect(file.cells).toEqual(both[0].cells);
    // what is in the file decides from there on
    const cells = file.cells.map((cell) => ({ ...cell, milliseconds: cell.type === "bfloat16" ? 1 : 100 }));
    await writeFile(path, JSON.stringify({ ...file, cells }));
    expect((await defaults({ UNIARM_CACHE: folder.path })).taken).toEqual(["bfloat16", "bfloat16"]);
  });

  test("a cache that cannot be written leaves it to the CPU's flags, with the reason", async () => {
    const file = join(folder.path, "file");
    await writeFile(file, "");
    const { reason, taken } = await defaults({ UNIARM_CACHE: file });
    expect(reason).toContain("by the CPU's flags, for");
    expect(new Set(taken)).toEqual(new Set([engine.bfloat16 ? "bfloat16" : "float32"]));
  });
});
