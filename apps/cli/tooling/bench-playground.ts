/**
 * `pnpm bench:playground`: answers of a real model under preferences as a client of a server has them, over HTTP from
 * `uniarm serve` with its own worker: one client, and six at once, each with a question and a preference of its own.
 *   --demo FOLDER     of `npm run demo -- --base smollm2`, whose ARM steers (default: a quick one is made, as costly to decode)
 *   --repeats N       of each (default 5)
 *   --json FILE       the figures
 *   --markdown FILE   puts the table between the document's playground marks
 */
import { rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { runCli, startPlatform, temporaryFolder, type Platform, type RunView } from "@uniarm/cli/testing";
import { generate, openClient } from "@uniarm/client";
import { preferenceGrid } from "@uniarm/core/schema";
import { markdownTable, putBetweenMarks, summaryOf } from "@uniarm/bench";

const { values: flags } = parseArgs({
  options: {
    demo: { type: "string" },
    repeats: { type: "string", default: "5" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
const CLIENTS = [1, 6] as const;
const NEW_TOKENS = 64;
const QUESTIONS = [
  "How do I clean an old lamp without scratching it?",
  "What should I cook for eight guests?",
  "Why do leaves turn red in autumn?",
  "How do I learn to whistle?",
  "Which plants grow well in the shade?",
  "How do I keep a bicycle chain from rusting?",
];

interface Answer {
  firstTokenMs: number;
  tokens: number;
}
interface Figures {
  clients: number;
  /** of the client that waited longest */
  firstTokenMs: number[];
  /** of all clients together, from the first request to the last token */
  tokensPerSecond: number[];
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const data = await temporaryFolder();
try {
  const demo = flags.demo === undefined ? await quickDemo() : resolve(flags.demo);
  const figures = await measure(demo);
  const table = render(figures);
  process.stdout.write(`${table}\n`);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(figures, null, 2)}\n`);
  if (flags.markdown) putBetweenMarks(flags.markdown, "playground", table);
} finally {
  rmSync(data, { recursive: true, force: true });
}

async function quickDemo(): Promise<string> {
  say("a quick demo, for an ARM");
  const output = join(data, "demo");
  await cli("demo", "--base", "smollm2", "--quick", "--output", output);
  return output;
}

/** @throws Error with what the command said, where it fails */
async function cli(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function measure(demo: string): Promise<Figures[]> {
  const platform = await startPlatform({ folder: join(data, "server") });
  const client = openClient({ url: platform.url, key: platform.headers.authorization!.replace("Bearer ", "") });
  try {
    await cli("runs", "import", demo, "--data", platform.folder);
    const id = await recorded(platform);
    say("opens the model and warms up");
    await answers(id, CLIENTS.at(-1)!);
    const figures: Figures[] = CLIENTS.map((clients) => ({ clients, firstTokenMs: [], tokensPerSecond: [] }));
    for (let round = 1; round <= Number(flags.repeats); round++)
      for (const figure of figures) {
        say(`${figure.clients} at once (${round} of ${flags.repeats})`);
        const startedAt = performance.now();
        const heard = await answers(id, figure.clients);
        const seconds = (performance.now() - startedAt) / 1000;
        figure.firstTokenMs.push(Math.max(...heard.map(({ firstTokenMs }) => firstTokenMs)));
        figure.tokensPerSecond.push(heard.reduce((sum, { tokens }) => sum + tokens, 0) / seconds);
      }
    return figures;
  } finally {
    await platform.stop();
  }

  /** The server finds what was imported within seconds. @returns its id */
  async function recorded({ call }: Platform): Promise<string> {
    for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
      const [run] = (await call<{ runs: RunView[] }>("GET", "/api/runs?filter=kind%20%3D%20import")).runs;
      if (run?.state === "SUCCEEDED") return run.id;
      if (Date.now() > deadline) throw new Error("what was imported is not recorded after a minute");
    }
  }

  async function answers(arm: string, clients: number): Promise<Answer[]> {
    const preferences = preferenceGrid(2, Math.max(1, clients - 1));
    return Promise.all(QUESTIONS.slice(0, clients).map((prompt, at) => answer(arm, prompt, preferences[at]!)));
  }

  async function answer(arm: string, prompt: string, preference: readonly number[]): Promise<Answer> {
    const startedAt = performance.now();
    const heard: Answer = { firstTokenMs: 0, tokens: 0 };
    const asked = {
      prompt,
      arm,
      preferences: [[...preference]],
      maxNewTokens: NEW_TOKENS,
      sampling: { temperature: 0.7 },
    };
    for await (const chunk of generate(client, asked)) {
      if (chunk.type === "error") throw new Error(chunk.message);
      if (chunk.type !== "token") continue;
      if (heard.tokens++ === 0) heard.firstTokenMs = performance.now() - startedAt;
    }
    return heard;
  }
}

function render(figures: readonly Figures[]): string {
  const rows = figures.map(({ clients, firstTokenMs, tokensPerSecond }) => [
    String(clients),
    spread(firstTokenMs, 0),
    spread(tokensPerSecond, 1),
  ]);
  const machine = `${availableParallelism()} threads of ${cpus()[0]!.model.trim()}`;
  const how = `answers of at most ${NEW_TOKENS} tokens under preferences of their own, over HTTP, of a model that is loaded`;
  return [
    `Measured on ${machine}, Node ${process.versions.node}: ${how}. Medians of ${flags.repeats} [least, most].`,
    "",
    markdownTable([["clients at once", "ms to the first token, of the last", "tokens/s, of all"], ...rows]),
  ].join("\n");
}

function spread(values: readonly number[], digits: number): string {
  const { median, min, max } = summaryOf(values);
  return `${median.toFixed(digits)} [${min.toFixed(digits)}, ${max.toFixed(digits)}]`;
}
