import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openClient, type Client } from "@uniarm/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../run-cli.ts";
import { startPlatform, type Platform } from "./platform.ts";

const MINUTES = 60_000;
/** No decoding of this size takes less than a thousandth of a minute: each gets as many parts as there are prompts. */
const SHORT_MINUTES = 0.001;
const PROMPTS = 4;
const STUDY = {
  model: "tiny-world:quick",
  baseWeights: "float32", // answers do not depend on what they are decoded beside
  task: { type: "tiny-world", pairs: 50, testPrompts: PROMPTS },
  methods: [{ name: "uniarm", training: { steps: 2, batchPairs: 2 } }],
  divisions: 2,
  maxNewTokens: 8,
};

let platform: Platform;
let client: Client;
beforeAll(async () => {
  platform = await startPlatform({ flags: ["--no-auth", "--slots", "2"] });
  client = openClient({ url: platform.url });
}, 2 * MINUTES);
afterAll(async () => {
  await platform?.stop();
  await platform?.remove();
});

/** Its last digits depend on what was decoded beside an answer: float32 sums in another order. */
const PERPLEXITY = /("basePerplexity":\s*\{\s*"value":\s*)([0-9.]+)/g;

interface Ended {
  decodings: string[];
  /** of each run that scores, measures or compares */
  files: Record<string, string>;
  config: unknown;
}

async function launched(config: object): Promise<Ended> {
  // everything is done anew: an output that is taken over would be equal to itself
  const { id } = await client.api.runs.launch.mutate({ kind: "study", config: { ...config }, useCache: false });
  const stateOf = async (): Promise<string> => (await client.api.runs.get.query({ id })).state;
  await expect.poll(stateOf, { timeout: 5 * MINUTES, interval: 1000 }).toBe("SUCCEEDED");
  const { children, config: stored } = await client.api.runs.get.query({ id });
  const files: Ended["files"] = {};
  for (const child of children.filter(({ kind }) => kind !== "decode" && kind !== "train" && kind !== "pairs")) {
    const { artifacts } = await client.api.artifacts.list.query({ id: child.id });
    for (const { path, sha256 } of artifacts.flatMap((artifact) => artifact.files)) {
      const text = await (await fetch(`${platform.url}/api/blobs/${sha256}`)).text();
      files[`${child.name}/${path}`] = text.replaceAll(
        PERPLEXITY,
        (_, name: string, value: string) => `${name}${Number(value).toPrecision(6)}`,
      );
    }
  }
  return { decodings: children.flatMap(({ name, kind }) => (kind === "decode" ? name : [])), files, config: stored };
}

test(
  "parts follow from how long decodings took, as the plan says before; what is measured is that of the whole, byte for byte",
  async () => {
    const study = join(platform.folder, "study.json");
    await writeFile(study, JSON.stringify({ ...STUDY, shardMinutes: SHORT_MINUTES }));
    const plan = async (): Promise<string> => (await runCli(["study", "plan", study, "--server", platform.url])).stdout;
    expect(await plan()).toContain("Parts of the decodings, by shardMinutes and past runs: base 1, uniarm 1.");

    const whole = await launched(STUDY);
    expect(whole.decodings).toEqual(["base/decode", "uniarm/decode"]);
    expect(Object.keys(whole.files)).toContain("uniarm/evaluate/report.json");

    expect(await plan()).toContain(`base ${PROMPTS}, uniarm ${PROMPTS}.`);
    const inParts = await launched({ ...STUDY, shardMinutes: SHORT_MINUTES });
    expect(inParts.decodings).toHaveLength(2 * PROMPTS);
    expect(inParts.config).toMatchObject({ decodeShardsOf: { base: PROMPTS, uniarm: PROMPTS } });
    expect(inParts.config).not.toHaveProperty("shardMinutes");
    expect(inParts.files).toEqual(whole.files);
    await writeFile(study, JSON.stringify({ ...STUDY, shardMinutes: 1000 }));
    expect(await plan()).toContain("base 1, uniarm 1.");
  },
  15 * MINUTES,
);
