/**
 * `pnpm screenshots`: every page of the tracker as a picture, over three demos that are made for it (about 3 minutes).
 *   --output FOLDER   where they go (default: screenshots), NAME-desktop.png, NAME-dark.png, NAME-phone.png
 *   --readme          also makes the ones that the README shows again, in docs/screenshots
 *   --quick           demos of the smallest settings: their figures mean nothing
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCli, startPlatform } from "@uniarm/cli/testing";
import type { Page } from "playwright-core";
import { openBrowser, type Look } from "./chromium.ts";

const ROOT = resolve(import.meta.dirname, "..", "..", "..");
const LOOKS: Record<string, Look> = {
  desktop: { width: 1440, height: 900 },
  dark: { width: 1440, height: 900, theme: "dark" },
  phone: { width: 390, height: 844, scale: 2 },
};
/** Of the README, by the name of the page. */
const SHOWN = ["front", "playground", "run-metrics"];

const { values: flags } = parseArgs({
  options: {
    output: { type: "string", default: "screenshots" },
    readme: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
  },
});
const output = resolve(flags.output);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
mkdirSync(output, { recursive: true });
const served = await startPlatform({ flags: ["--no-auth", "--slots", "3"] });
process.env.UNIARM_DATA = served.folder; // where demos leave what a server records
try {
  await demo("uniarm");
  await demo("parm", "--method", "parm");
  await demo("three-objectives", "--objectives", "3", "--quick");
  for (const [look, how] of Object.entries(LOOKS)) await take(look, how);
  if (flags.readme)
    for (const name of SHOWN) {
      mkdirSync(join(ROOT, "docs", "screenshots"), { recursive: true });
      copyFileSync(join(output, `${name}-desktop.png`), join(ROOT, "docs", "screenshots", `${name}.png`));
    }
} finally {
  await served.stop();
  await served.remove();
}

async function demo(name: string, ...more: string[]): Promise<void> {
  say(`demo ${name}`);
  const args = ["demo", "--json", "--output", join(served.folder, name), ...more];
  const { code, stderr } = await runCli(flags.quick && !more.includes("--quick") ? [...args, "--quick"] : args);
  if (code !== 0) throw new Error(`uniarm demo ended with ${code}: ${stderr}`);
}

async function take(look: string, how: Look): Promise<void> {
  const browser = await openBrowser(how);
  try {
    const page = await browser.context.newPage();
    for (const [name, path] of Object.entries(await pages())) {
      say(`${look}: ${name}`);
      await page.goto(`${served.url}${path}`);
      await settled(page, name);
      await page.screenshot({ path: join(output, `${name}-${look}.png`) });
    }
  } finally {
    await browser.close();
  }
}

/** A page is there in whole: no skeleton, nothing under way, its answers given. */
async function settled(page: Page, name: string): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  if (name === "playground") await page.getByText("Answered.", { exact: false }).first().waitFor({ timeout: 120_000 });
  await page.waitForFunction(() => document.querySelectorAll("main [role=status][aria-label=Loading]").length === 0);
  await page.waitForTimeout(1500); // charts and highlighting are loaded when needed
}

interface Front {
  id: string;
  runId: string;
  name: string;
  objectives: string[];
}

/** Each demo is recorded, by the server, a moment after it ends: its own front and the base model's. */
async function recorded(): Promise<Front[]> {
  for (const deadline = Date.now() + 60_000; ;) {
    const { fronts } = await served.call<{ fronts: Front[] }>("GET", "/api/fronts");
    if (fronts.length === 6) return fronts;
    if (Date.now() > deadline) throw new Error(`${fronts.length} fronts of 6 were recorded.`);
    await new Promise((done) => setTimeout(done, 300));
  }
}

async function pages(): Promise<Record<string, string>> {
  const fronts = await recorded();
  const of = (name: string, objectives: number) =>
    fronts.find((front) => front.name === name && front.objectives.length === objectives)!;
  const [uniarm, parm, three] = [of("uniarm", 2), of("parm", 2), of("uniarm", 3)];
  const run = uniarm.runId;
  const answers = `checkpoint=${run}&preferences=0,1;1,0&prompt=How+do+I+heat+the+mirror%3F`;
  return {
    overview: "/",
    runs: "/runs",
    launch: "/launch",
    "launch-form": "/launch?kind=train",
    run: `/runs/${run}`,
    "run-metrics": `/runs/${run}?tab=metrics`,
    "run-config": `/runs/${run}?tab=config`,
    compare: `/compare?runs=${run},${parm.runId}`,
    fronts: "/fronts",
    front: `/fronts/${uniarm.id}?point=3`,
    "fronts-together": `/fronts?ids=${uniarm.id},${parm.id}`,
    "front-of-three": `/fronts/${three.id}`,
    playground: `/playground?${answers}`,
    settings: "/settings",
    health: "/settings?tab=health",
  };
}
