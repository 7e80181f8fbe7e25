import {
  blocksOf,
  isInstalled,
  NAME,
  startPlatform,
  startProxy,
  type Platform,
  type Program,
} from "@uniarm/cli/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";
import { troublesOf } from "./page-checks.ts";

/** What an administrator writes who has not read our page. */
const PLAIN_NGINX = "server {\n  listen 80;\n  location / {\n    proxy_pass http://127.0.0.1:4747;\n  }\n}\n";
const LARGE_BYTES = 3_000_000;
const MINUTES = 60_000;

const missing = [
  ...(CHROMIUM === null ? [HOW_TO_GET_IT] : []),
  ...(["nginx", "caddy"] as const).filter((program) => !isInstalled(program)).map((program) => `${program} is missing`),
].join("; ");

describe.skipIf(missing !== "")(`the dashboard behind a proxy${missing === "" ? "" : ` (skipped: ${missing})`}`, () => {
  let platform: Platform;
  let browser: Browser;

  beforeAll(async () => {
    platform = await startPlatform({ flags: ["--trust-proxy", "loopback", "--slots", "2"] });
    browser = await openBrowser({
      width: 1280,
      height: 800,
      flags: [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`, "--ignore-certificate-errors"],
    });
  }, 3 * MINUTES);
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    await platform?.remove();
  });

  test.each<[string, Program, number, string]>([
    ["nginx with a host of its own", "nginx", 0, ""],
    ["nginx with a path", "nginx", 1, "/uniarm"],
    ["Caddy with a host of its own", "caddy", 0, ""],
    ["Caddy with a path", "caddy", 1, "/uniarm"],
  ])(
    "%s, as docs/reverse-proxy.md says: a login, a page that follows its run, an upload, and a way back",
    async (_, program, index, path) => {
      const block = (await blocksOf(program))[index]!;
      const proxy = await startProxy(program, block, platform.url);
      const root = `https://${NAME}:${proxy.port}${path}`;
      const page = await browser.context.newPage();
      const troubles = troublesOf(page);
      try {
        const config = { steps: 100_000, stepMs: 100 };
        const { id } = await platform.call<{ id: string }>("POST", "/api/runs", { kind: "sleep", config });
        await page.goto(`${root}/runs/${id}`); // a link that somebody sent
        await page.getByLabel("Key").fill(platform.adminKey!);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.waitForURL(`${root}/runs/${id}`);
        const header = page.locator("main header");
        await header.getByText("running", { exact: true }).first().waitFor();
        await platform.call("POST", `/api/runs/${id}/cancel`);
        await header.getByText("cancelled", { exact: true }).first().waitFor(); // by the live stream, without a reload
        const cookies = await browser.context.cookies(root);
        expect(cookies.map(({ secure, httpOnly }) => [secure, httpOnly])).toEqual([[true, true]]);
        expect(await page.evaluate(upload, { path, bytes: LARGE_BYTES })).toEqual([201, LARGE_BYTES]);
        await page.getByRole("link", { name: "Fronts", exact: true }).first().click();
        await page.waitForURL((url) => url.pathname === `${path}/fronts`);
        await page.reload();
        await page.getByRole("heading", { name: "Fronts", exact: true }).waitFor();
        await page
          .locator("img")
          .evaluateAll((all) => Promise.all(all.map((one) => (one as HTMLImageElement).decode())));
        expect(troubles).toEqual([]);
      } finally {
        await page.close();
        await browser.context.clearCookies();
        await proxy.stop();
      }
    },
    3 * MINUTES,
  );

  test(
    "nginx as it is, which changes Host and says nothing of itself: a login, and lists that stay current",
    async () => {
      const proxy = await startProxy("nginx", PLAIN_NGINX, platform.url);
      const page = await browser.context.newPage();
      try {
        await page.goto(`http://127.0.0.1:${proxy.port}/runs`);
        await page.getByLabel("Key").fill(platform.adminKey!);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
        await platform.call("POST", "/api/runs", { kind: "sleep", name: "seen at once" });
        await page.getByRole("link", { name: "seen at once" }).waitFor();
      } finally {
        await page.close();
        await browser.context.clearCookies();
        await proxy.stop();
      }
    },
    MINUTES,
  );

  test(
    "a path that the proxy leaves in its requests is the server's by --base-path",
    async () => {
      const other = await startPlatform({ flags: ["--no-worker", "--base-path", "/lab/uniarm"] });
      const block = PLAIN_NGINX.replace("location /", "location /lab/");
      const proxy = await startProxy("nginx", block, other.url);
      const page = await browser.context.newPage();
      try {
        await page.goto(`http://127.0.0.1:${proxy.port}/lab/uniarm`);
        await page.getByLabel("Key").fill(other.adminKey!);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.waitForURL(`http://127.0.0.1:${proxy.port}/lab/uniarm/`);
        await page.goto(`http://127.0.0.1:${proxy.port}/lab/uniarm/settings?tab=keys`);
        await page.getByRole("cell", { name: "first admin", exact: true }).waitFor();
      } finally {
        await page.close();
        await proxy.stop();
        await other.stop();
        await other.remove();
      }
    },
    2 * MINUTES,
  );
});

/** Runs in the page: more bytes than a proxy takes by default. */
async function upload({ path, bytes }: { path: string; bytes: number }): Promise<[number, number]> {
  const body = new Uint8Array(bytes).fill(7);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const headers = { "x-uniarm-request": "1", "content-type": "application/octet-stream" };
  const sent = await fetch(`${path}/api/blobs/${sha256}`, { method: "PUT", headers, body });
  const back = await fetch(`${path}/api/blobs/${sha256}`);
  return [sent.status, (await back.arrayBuffer()).byteLength];
}
