import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generate as generateOn } from "@uniarm/client";
import { DecodingConfig, type GenerateChunk, type Generation } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { decode } from "@uniarm/decoder";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { connect } from "../../../src/server/connect.ts";
import { startPlatform, temporaryFolder, untilRun, type Platform, type RunView } from "./platform.ts";
import { uniarm } from "./uniarm.ts";

const PROMPT = "How do I heat the mirror?";
let platform: Platform;
/** id of a recorded demo, which trained an ARM */
let arm: string;

beforeAll(async () => {
  const folder = await temporaryFolder();
  const demo = uniarm(folder, ["demo", "--quick", "--output", join(folder, "demo")]);
  expect(demo.code, demo.err).toBe(0);
  platform = await startPlatform({ folder, flags: ["--slots", "4", "--lease", "4"] });
  for (let found: RunView | undefined; arm === undefined; await sleep(100)) {
    [found] = (await platform.call<{ runs: RunView[] }>("GET", "/api/runs?filter=kind%20%3D%20demo")).runs;
    if (found?.state === "SUCCEEDED") arm = found.id;
  }
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

type End = Extract<GenerateChunk, { type: "end" }>;

const generate = (asked: object, signal = new AbortController().signal): AsyncGenerator<GenerateChunk, void> =>
  generateOn(connect({ data: platform.folder }), { prompt: PROMPT, ...asked }, { signal });

const endsOf = (chunks: readonly GenerateChunk[]): End[] => chunks.filter((chunk) => chunk.type === "end");
const idsOf = (chunks: readonly GenerateChunk[], row: number): number[] =>
  chunks.flatMap((chunk) => (chunk.type === "token" && chunk.row === row ? [chunk.tokenId] : []));

/** What `decode` makes of the same settings. */
async function decoded(settings: object): Promise<Generation[]> {
  const config = DecodingConfig.parse({
    model: tinyWorldModel("quick"),
    checkpoint: join(platform.folder, "demo/training"),
    prompts: [{ id: "prompt", text: PROMPT }],
    ...settings,
  });
  const events = await collect(decode(config));
  return events.flatMap((event) => (event.type === "generation" ? [event.generation] : []));
}

test("two clients with opposite preferences share a batch, and each is answered as decode answers it", async () => {
  const settings = { strength: 4, maxNewTokens: 30, sampling: { temperature: 1 }, seed: 3 };
  const preferences = [
    [1, 0],
    [0, 1],
  ];
  const heard = await Promise.all(
    preferences.map((one) => collect(generate({ ...settings, arm, preferences: [one] }))),
  );
  const expected = await decoded({ ...settings, preferences });
  for (const [index, chunks] of heard.entries()) {
    const { text, tokenIds, finish } = expected[index]!;
    expect(idsOf(chunks, 0)).toEqual(tokenIds);
    expect(endsOf(chunks)).toEqual([expect.objectContaining({ row: 0, text, finish, batchRows: 2 })]);
    expect(chunks.map((chunk) => (chunk.type === "token" ? chunk.text : "")).join("")).toBe(text);
    expect(chunks.flatMap((chunk) => (chunk.type === "status" ? [chunk.state] : [])).at(-1)).toBe("ready");
  }
  const runs = heard.map((chunks) => chunks.flatMap((chunk) => (chunk.type === "status" ? [chunk.run] : [])));
  expect(new Set(runs.flat()).size).toBe(1); // both found the same run, though both came before it was there
});

test("a loaded model answers at once, the base unguided beside its preferences", async () => {
  const settings = { strength: 4, maxNewTokens: 20 };
  const chunks = await collect(generate({ ...settings, arm, preferences: [null, [0.5, 0.5]] }));
  expect(chunks[0]).toMatchObject({ type: "status", state: "ready" });
  const [guided] = await decoded({ ...settings, preferences: [[0.5, 0.5]] });
  const [base] = await decoded({ ...settings, checkpoint: undefined });
  expect(idsOf(chunks, 0)).toEqual(base!.tokenIds);
  expect(idsOf(chunks, 1)).toEqual(guided!.tokenIds);
});

test("a client that goes away frees its rows: whoever waited behind it is answered", async () => {
  const { checkpoints } = await platform.call<{ checkpoints: { id: string }[] }>("GET", `/api/runs/${arm}/checkpoints`);
  const config = { model: "tiny-world:default", maxRows: 1 };
  const { id } = await platform.call<{ id: string }>("POST", "/api/runs", { kind: "playground", config });
  expect(checkpoints).toHaveLength(2); // the demo's, before its round and after it: a playground saves none
  // 32 rows of the longest, one after the other
  const long = { preferences: new Array<null>(32).fill(null), sampling: { temperature: 5 }, maxNewTokens: 100 };
  const client = new AbortController();
  const first = generate(long, client.signal);
  const heard: GenerateChunk[] = [];
  const rows = async (count: number): Promise<number> => {
    while (endsOf(heard).length < count) heard.push((await first.next()).value!);
    return Date.now();
  };
  const rowMs = -(await rows(1)) + (await rows(2));
  const waiting = collect(generate({ maxNewTokens: 2 }));
  await sleep(200);
  client.abort();
  const aborted = Date.now();
  await expect(collect(first)).rejects.toThrow();
  expect(endsOf(await waiting)).toHaveLength(1);
  expect(Date.now() - aborted).toBeLessThan(2000 + 8 * rowMs); // the 29 other rows would have come first
  expect(heard[0]).toMatchObject({ run: id });

  const cut = collect(generate(long));
  await sleep(500);
  await platform.call("POST", `/api/runs/${id}/cancel`);
  const last = (await cut).at(-1)!;
  expect(last.type === "end" ? last.finish : last.type).toMatch(/cancelled|error/);
  expect((await untilRun(platform, id)).state).toBe("CANCELLED");
});

test("a run whose model cannot be opened says why to whoever asked", async () => {
  const [last] = (await collect(generate({ model: "/nowhere" }))).slice(-1);
  expect(last).toMatchObject({ type: "error", code: "playground-ended", message: expect.stringContaining("/nowhere") });
  const long = { prompt: "word ".repeat(200), arm, preferences: [[1, 0]] };
  const [refused] = (await collect(generate(long))).slice(-1);
  expect(refused).toMatchObject({ type: "error", code: "prompt-too-long" });
});

test("a playground that is not asked anything for its idle time ends by itself", async () => {
  const config = { model: "tiny-world:quick", idleMinutes: 0.02 };
  const { id } = await platform.call<{ id: string }>("POST", "/api/runs", { kind: "playground", config });
  expect((await untilRun(platform, id)).state).toBe("SUCCEEDED");
});

test("uniarm generate prints an answer as it comes, or every token as a line of JSON", async () => {
  const args = ["generate", PROMPT, "--arm", arm, "--strength", "4", "--max-new-tokens", "20"];
  const [one, other] = await decoded({
    strength: 4,
    maxNewTokens: 20,
    preferences: [
      [0.7, 0.3],
      [0, 1],
    ],
  });
  expect(uniarm(platform.folder, [...args, "--preference", "0.7,0.3"])).toMatchObject({
    code: 0,
    out: `${one!.text}\n`,
  });
  const both = uniarm(platform.folder, [...args, "--preference", "0.7,0.3", "0,1"]);
  expect(both.out.trimEnd().split("\n").sort()).toEqual([`(0,1) ${other!.text}`, `(0.7,0.3) ${one!.text}`]);
  const lines = uniarm(platform.folder, [...args, "--preference", "0.7,0.3", "--json"])
    .out.trimEnd()
    .split("\n");
  const chunks = lines.map((line) => JSON.parse(line) as GenerateChunk);
  expect(idsOf(chunks, 0)).toEqual(one!.tokenIds);
  const refused = uniarm(platform.folder, [...args, "--preference", "0.7"]);
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("the entries must sum to 1") });
});
