import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const Memory = z.object({ rssMb: z.array(z.number()), tensors: z.array(z.int()), nativeTensors: z.array(z.int()) });
/** JavaScript's own heap and the allocator grow by 16 MB over the first steps, and no more then. */
const SETTLED_AFTER = 500;
/** Two halves that each are longer than what decoding keeps states for. */
const STEPS = 400;

test.each(["train", "decode"])(
  `over ${STEPS} settled steps of %s, memory stays within 3 % and no tensor is left`,
  (work) => {
    const program = join(import.meta.dirname, "..", "src", "programs", "steady.ts");
    const args = ["--expose-gc", "--max-semi-space-size=4", program, work, "quick", String(SETTLED_AFTER + STEPS)]; // a small young heap settles early
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const { rssMb, tensors, nativeTensors } = Memory.parse(JSON.parse(stdout));
    const settled = <T>(values: T[]): T[] => values.slice(SETTLED_AFTER);
    // decoding keeps states until the base model is asked about many at once: the count rises, and falls back to where it was
    for (const counts of [settled(tensors), settled(nativeTensors)])
      expect(Math.min(...counts.slice(-STEPS / 2))).toBe(Math.min(...counts.slice(0, STEPS / 2)));
    const [first, last] = [settled(rssMb).slice(0, 50), settled(rssMb).slice(-50)];
    // the smallest: what JavaScript has not collected yet varies with the machine's load, what leaks is never given back
    expect(Math.min(...last) / Math.min(...first)).toBeLessThan(1.03);
  },
);
