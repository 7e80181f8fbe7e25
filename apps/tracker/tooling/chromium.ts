import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext } from "playwright-core";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The system's Chromium; null where there is none. */
export const CHROMIUM = PLACES.find((path) => path !== undefined && path !== "" && existsSync(path)) ?? null;
export const HOW_TO_GET_IT = "there is no Chromium; to run these: apt-get install chromium";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-sync",
  "--disable-background-networking",
  "--disable-component-update",
];

export interface Browser {
  context: BrowserContext;
  close: () => Promise<void>;
}

/** How one looks at the tracker. */
export interface Look {
  width: number;
  height: number;
  theme?: "light" | "dark";
  /** device pixels of a CSS pixel */
  scale?: number;
  /** time zone; the machine's own where none is given */
  zone?: string;
  /** further flags of the browser */
  flags?: readonly string[];
}

const DESK: Look = { width: 1280, height: 800 };

/** A browser that knows nothing of any earlier one. @throws Error where there is none */
export async function openBrowser({
  width,
  height,
  theme = "light",
  scale = 1,
  zone,
  flags = [],
}: Look = DESK): Promise<Browser> {
  if (CHROMIUM === null) throw new Error(`There is no Chromium. Install it: apt-get install chromium`);
  const folder = await mkdtemp(join(tmpdir(), "uniarm-chromium-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    args: [...FLAGS, ...flags],
    viewport: { width, height },
    colorScheme: theme,
    deviceScaleFactor: scale,
    ...(zone === undefined ? {} : { timezoneId: zone }),
    reducedMotion: "reduce", // colours are judged at rest
  });
  context.setDefaultTimeout(30_000);
  return {
    context,
    close: async () => {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
