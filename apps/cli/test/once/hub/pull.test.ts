import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRandom, modelPath } from "@uniarm/core";
import { parseHubModel, UniArmError } from "@uniarm/core/schema";
import { temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { pullHubModel } from "../../../src/models/hub/pull-hub.ts";
import { hubSettings } from "../../../src/models/hub/settings.ts";
import { silentProgress } from "../../../src/progress.ts";
import { fillDisk } from "../platform/fill-disk.ts";
import { runCli } from "../../run-cli.ts";
import { startHub, type HubRepository, type SmallHub } from "./hub-server.ts";

const COMMIT = "a".repeat(40);
const NEXT_COMMIT = "b".repeat(40);
const MAIN = join(import.meta.dirname, "../../../src/main.ts");
/** How often a pull is killed. */
const KILLS = process.env.UNIARM_CHAOS === "full" ? 20 : 3;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let hub: SmallHub;
beforeEach(async () => {
  folder = await temporaryFolder();
  hub = await startHub();
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  vi.stubEnv("HF_TOKEN", "");
  vi.stubEnv("HF_HOME", "");
  vi.stubEnv("HOME", folder.path); // no token of whoever runs the tests
  vi.stubEnv("UNIARM_CACHE", join(folder.path, "cache"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await folder.remove();
});

/** A pull in this process -> its path. */
const pull = async (name: string): Promise<string> => {
  const { signal } = new AbortController();
  return (await pullHubModel(parseHubModel(name), hubSettings(), silentProgress, signal)).path;
};
/** The sentence of a pull that is refused. */
const refusal = (name: string): Promise<string> =>
  pull(name).then(
    (path) => path,
    (error: unknown) => {
      expect(error).toBeInstanceOf(UniArmError);
      return (error as Error).message;
    },
  );
/** Bytes that do not repeat. */
const noise = (bytes: number, seed = 1): Buffer => {
  const random = createRandom(seed);
  return Buffer.from(Float64Array.from({ length: Math.ceil(bytes / 8) }, () => random.uniform()).buffer).subarray(
    0,
    bytes,
  );
};
const small = { "config.json": Buffer.from("{}"), "tokenizer.json": Buffer.from('{"a": 1}') };
const addModel = (files: Record<string, Buffer>, changes: Partial<HubRepository> = {}): HubRepository => {
  const repository = { commit: COMMIT, files, largeFrom: 10_000, ...changes };
  hub.repositories.set("ada/tiny", repository);
  return repository;
};
const cached = (file: string, commit = COMMIT, home = join(folder.path, "cache", "hub")): string =>
  join(home, "models--ada--tiny", "snapshots", commit, file);
const blobs = (): Promise<string[]> => readdir(join(folder.path, "cache", "hub", "models--ada--tiny", "blobs"));

test("a model is pulled once, by its pages of files, and stands wherever a model folder may", async () => {
  const source = join(folder.path, "model");
  await writeTinyModel(source);
  const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(source, name))]));
  const others = { "README.md": Buffer.from("read me"), "pytorch_model.bin": noise(20_000), "onnx.onnx": noise(9) };
  addModel({ ...others, ...files }, { token: "hf_secret" });
  vi.stubEnv("HF_TOKEN", "hf_secret");
  const { stdout, stderr, code } = await runCli(["models", "pull", "ada/tiny"]);
  expect(stdout).toContain(`(commit ${COMMIT}); hub:ada/tiny stands wherever a model folder may`);
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain("hf_secret");
  for (const name of names) expect(await readFile(cached(name)), name).toEqual(files[name]);
  expect(existsSync(cached("pytorch_model.bin"))).toBe(false);
  expect(hub.stored.map(({ authorization }) => authorization)).toEqual([undefined]); // the token goes to the hub alone

  const inspected = await runCli(["models", "inspect", "hub:ada/tiny@main"]);
  expect(inspected.stdout).toMatch(/architecture +llama/);
  const exported = await runCli(["models", "convert", "hub:ada/tiny", "--output", join(folder.path, "copy")]);
  expect(exported.code).toBe(0);
  expect(await readFile(join(folder.path, "copy", "tokenizer.json"))).toEqual(files["tokenizer.json"]);
  const before = hub.sentBytes();
  await pull("ada/tiny");
  expect(hub.sentBytes()).toBe(before);
  const missing = await runCli(["models", "inspect", "hub:ada/tiny@other"]);
  expect(missing.stderr).toContain(
    "The model hub:ada/tiny@other is not on this machine yet. Fetch it once: uniarm models pull ada/tiny@other",
  );
});

test("HF_HOME is where it goes, so that Hugging Face's libraries find the same files; its token file is read", async () => {
  const home = join(folder.path, "hf");
  await mkdir(home);
  await writeFile(join(home, "token"), "hf_stored\n");
  vi.stubEnv("HF_HOME", home);
  addModel({ ...small, "model.safetensors": noise(20_000) }, { token: "hf_stored" });
  await pull("ada/tiny");
  expect(await readFile(cached("config.json", COMMIT, join(home, "hub")), "utf8")).toBe("{}");
  expect(await readFile(join(home, "hub", "models--ada--tiny", "refs", "main"), "utf8")).toBe(COMMIT);
});

test(`killed at ${KILLS} moments and started again, a pull goes on where it was and ends with the same bytes`, async () => {
  const weights = noise(6 << 20);
  addModel({ ...small, "model.safetensors": weights });
  hub.storage.pauseMs = 4;
  const random = createRandom(7);
  let killed = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [MAIN, "models", "pull", "ada/tiny"], { stdio: "ignore" });
    const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    const started = hub.stored.length;
    while (hub.stored.length === started && child.exitCode === null) await sleep(5);
    await sleep(random.uniform() * (400 / KILLS) * 2);
    child.kill("SIGKILL");
    if ((await ended)[1] === "SIGKILL") killed += 1;
  }
  expect(killed).toBeGreaterThan(KILLS / 2);
  expect(existsSync(cached("model.safetensors"))).toBe(false);
  hub.storage.pauseMs = 0;
  await pull("ada/tiny");
  expect((await readFile(cached("model.safetensors"))).equals(weights)).toBe(true);
  expect(hub.stored.filter(({ range }) => range !== undefined).length).toBeGreaterThan(0);
  expect(hub.sentBytes()).toBeLessThan(weights.length + KILLS * (2 << 20)); // what was in flight is sent again, and no more
  expect((await blobs()).filter((name) => name.endsWith(".incomplete"))).toEqual([]);
});

test("a connection that is cut is opened again for the rest, also where the server gives whole files only", async () => {
  const weights = noise(1 << 20);
  addModel({ ...small, "model.safetensors": weights });
  hub.storage.cutAfter = [300_000, 200_000];
  await pull("ada/tiny");
  expect((await readFile(cached("model.safetensors"))).equals(weights)).toBe(true);
  expect(hub.stored.map(({ range }) => range !== undefined)).toEqual([false, true, true]);

  addModel({ ...small, "model.safetensors": noise(1 << 20, 2) }, { commit: NEXT_COMMIT });
  Object.assign(hub.storage, { cutAfter: [300_000], ignoresRanges: true });
  await pull("ada/tiny");
  expect((await readFile(cached("model.safetensors", NEXT_COMMIT))).equals(noise(1 << 20, 2))).toBe(true);
});

test("other bytes than those that are listed are thrown away with a sentence, and the next pull starts anew", async () => {
  const weights = noise(50_000);
  const repository = addModel(
    { ...small, "model.safetensors": weights },
    { corrupt: { "model.safetensors": noise(50_000, 9) } },
  );
  expect(await refusal("ada/tiny")).toBe(
    `model.safetensors of hub:ada/tiny came with other bytes than the hub lists (sha256 ${createHash("sha256").update(weights).digest("hex")}). Nothing of it was kept; run the command again, or ask who runs the hub.`,
  );
  expect(existsSync(cached("model.safetensors"))).toBe(false);
  expect((await blobs()).length).toBe(2); // the small files were whole
  delete repository.corrupt;
  await pull("ada/tiny");
  addModel({ "a.gguf": noise(20) }, { corrupt: { "a.gguf": noise(20, 2) } });
  expect(await refusal("ada/tiny")).toMatch(/a\.gguf of hub:ada\/tiny came with other bytes .*\(git-sha1 /);
  addModel({ "a.gguf": noise(20) }, { corrupt: { "a.gguf": noise(21, 2) } });
  expect(await refusal("ada/tiny")).toContain("a.gguf of hub:ada/tiny has more bytes than the 20 that the hub lists");
});

test("a damaged part of an earlier pull is found out, and the file fetched whole", async () => {
  const weights = noise(50_000);
  addModel({ ...small, "model.safetensors": weights });
  const blob = join(
    folder.path,
    "cache/hub/models--ada--tiny/blobs",
    createHash("sha256").update(weights).digest("hex"),
  );
  await mkdir(join(blob, ".."), { recursive: true });
  await writeFile(`${blob}.incomplete`, Buffer.alloc(20_000));
  await pull("ada/tiny");
  expect((await readFile(cached("model.safetensors"))).equals(weights)).toBe(true);
  expect(hub.stored.map(({ range }) => range)).toEqual(["bytes=20000-", undefined]);
});

test("a revision keeps the commit that it was pulled at; pulled again it is what it is now", async () => {
  addModel({ ...small, "model.safetensors": noise(20_000) });
  await pull("ada/tiny");
  addModel({ ...small, "model.safetensors": noise(20_000, 2) }, { commit: NEXT_COMMIT });
  expect(modelPath("hub:ada/tiny")).toContain(COMMIT);
  expect(await pull("ada/tiny")).toContain(NEXT_COMMIT);
  expect(modelPath(`hub:ada/tiny@${COMMIT}`)).toContain(COMMIT);
  expect(modelPath("hub:ada/tiny")).toContain(NEXT_COMMIT);
});

test("of several GGUF files one is to be named; one alone is taken", async () => {
  addModel({ "a.gguf": noise(20), "b.gguf": noise(10) });
  expect(await refusal("ada/tiny")).toContain(
    "hub:ada/tiny has 2 GGUF files: a.gguf, b.gguf. Name one: uniarm models pull ada/tiny:b.gguf",
  );
  expect(await pull("ada/tiny:b.gguf")).toBe(cached("b.gguf"));
  addModel({ "a.gguf": noise(20) });
  expect(await pull("ada/tiny")).toBe(cached("a.gguf"));
});

test.each<[what: string, given: Partial<HubRepository>, name: string, token: string, sentence: RegExp]>([
  [
    "private, without a token",
    { token: "hf_x" },
    "ada/tiny",
    "",
    /does not show hub:ada\/tiny to everyone: it is private, or there is none of that name\. .* set HF_TOKEN/,
  ],
  ["private, with a wrong token", { token: "hf_x" }, "ada/tiny", "hf_wrong", /does not take the token that was given/],
  [
    "gated",
    { gated: true },
    "ada/tiny",
    "hf_x",
    /hub:ada\/tiny is gated, or the token may not read it\. Accept its terms on .*\/ada\/tiny/,
  ],
  ["no such revision", {}, "ada/tiny@v9", "", /has no model ada\/tiny with the revision v9/],
  [
    "no weights",
    { files: { "README.md": Buffer.from("") } },
    "ada/tiny",
    "",
    /hub:ada\/tiny has no model\.safetensors: .* It holds README\.md\./,
  ],
  [
    "files that would lie elsewhere on this disk",
    { files: { "../../../../escaped.gguf": Buffer.from("x"), "deeper/a.gguf": Buffer.from("x") } },
    "ada/tiny",
    "",
    /has no model\.safetensors: a model needs, at the top of its files, .* It holds \.\.\/.*escaped\.gguf, deeper\/a\.gguf\./,
  ],
  [
    "no tokenizer",
    { files: { "config.json": Buffer.from("{}"), "model.safetensors": Buffer.from("x") } },
    "ada/tiny",
    "",
    /hub:ada\/tiny has no tokenizer\.json/,
  ],
  [
    "listed but lost",
    { lost: ["config.json"] },
    "ada/tiny",
    "",
    /hub:ada\/tiny lists the file config\.json, and the hub does not have it/,
  ],
  ["no name at all", {}, "ada/tiny/more", "", /"ada\/tiny\/more" names no model of the hub: expected owner\/name/],
])("what cannot be had is said in a sentence: %s", async (_, given, name, token, sentence) => {
  addModel({ ...small, "model.safetensors": noise(20_000) }, given);
  vi.stubEnv("HF_TOKEN", token);
  const said = await refusal(name);
  expect(said).toMatch(sentence);
  if (token !== "") expect(said).not.toContain(token);
});

test("without a network one sentence says so, and what was pulled before works", async () => {
  addModel({ "a.gguf": noise(20_000) });
  await pull("ada/tiny");
  vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:1");
  const { stderr, code } = await runCli(["models", "pull", "ada/tiny"]);
  expect(stderr).toContain("http://127.0.0.1:1 cannot be reached (");
  expect(stderr).toContain("models that were pulled before need none");
  expect(code).toBe(2);
  expect(modelPath("hub:ada/tiny")).toBe(cached("a.gguf"));
});

test("a disk that is too small is told beforehand, one that fills up meanwhile keeps what came", async (context) => {
  const disk = join(folder.path, "disk");
  await mkdir(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    context.skip("this user may not mount a small disk");
  }
  try {
    vi.stubEnv("UNIARM_CACHE", disk);
    addModel({ ...small, "model.safetensors": noise(3 << 20) });
    expect(await refusal("ada/tiny")).toMatch(/Pulling it needs 3 MB of disk and .* has 1 MB free\. Make room/);
    const weights = noise(600_000, 3);
    addModel({ ...small, "model.safetensors": weights }, { commit: NEXT_COMMIT });
    hub.storage.pauseMs = 20;
    hub.storage.onChunk = (sent) => {
      if (sent > 200_000 && !existsSync(join(disk, "filler"))) fillDisk(join(disk, "filler"));
    };
    expect(await refusal("ada/tiny")).toMatch(/The disk of .* is full; what came is kept\. Make room/);
    await rm(join(disk, "filler"));
    Object.assign(hub.storage, { pauseMs: 0, onChunk: () => undefined });
    await pull("ada/tiny");
    expect((await readFile(cached("model.safetensors", NEXT_COMMIT, join(disk, "hub")))).equals(weights)).toBe(true);
    expect(hub.stored.at(-1)!.range).toMatch(/^bytes=\d+-$/);
  } finally {
    execFileSync("umount", [disk]);
  }
});
