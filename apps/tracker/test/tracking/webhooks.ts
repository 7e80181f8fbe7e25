import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Addresses that are told what happens. */
export function webhookTests(opened: Opened): void {
  test("a webhook is added, tested and read of on its page and by command, and told of a run that fails", async () => {
    const { client, page, go, cli, expectGood, shot } = opened;
    const told: { event: string }[] = [];
    let status = 200;
    const receiver: Server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        told.push(JSON.parse(body) as { event: string });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/told`;
    try {
      await go("/settings?tab=webhooks&project=filtered");
      await page.getByText("No webhooks yet.").waitFor();
      await page.getByRole("button", { name: "New webhook" }).press("Enter");
      await page.getByLabel("Address").fill(url);
      await page.getByLabel("fail", { exact: true }).waitFor();
      await expectGood();
      await shot("webhook-new");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator("[data-secret]").textContent()).toMatch(/^whsec_.{43}$/);
      await page.getByRole("button", { name: "Done" }).click();
      expect(await page.content()).not.toContain("whsec_");

      await page.getByRole("button", { name: `Test ${url}` }).click();
      await page.getByText(/took the test, with 200/).waitFor();
      status = 500;
      await page.getByRole("button", { name: `Test ${url}` }).click();
      await page.getByText(/did not take the test: it answered 500/).waitFor();
      const log = page.getByRole("dialog", { name: "Deliveries" });
      await page.getByRole("button", { name: `Log of ${url}` }).click();
      await log.getByText("it answered 500").first().waitFor(); // it is refused again until something else is answered
      await expectGood();
      await shot("webhook-log");
      await page.keyboard.press("Escape");
      await expectGood();
      status = 200;
      const config = { steps: 2, stepMs: 1, failAtStep: 1 };
      const { id } = await client.api.runs.launch.mutate({ project: "filtered", kind: "sleep", name: "fails", config });
      await expect.poll(() => told.map(({ event }) => event), SLOW).toContain("run.failed");
      await page.getByRole("button", { name: `Log of ${url}` }).click();
      await log.getByRole("row").filter({ hasText: id }).getByText("taken").waitFor();
      await page.keyboard.press("Escape");

      const [, added] = /^(\w+)/m.exec((await cli("webhooks", "ls", "--project", "filtered")).stdout.split("\n")[1]!)!;
      expect((await cli("webhooks", "log", added!)).stdout).toMatch(new RegExp(`failed +${id} .*DELIVERED`));
      expect((await cli("webhooks", "rm", added!)).stdout).toBe(`${added} is removed\n`);
      const again = await cli("webhooks", "add", url, "--project", "filtered", "--on", "succeeded");
      expect(again.stdout).toMatch(/^\w{12}\nsecret whsec_/);
    } finally {
      receiver.close();
    }
  });
}
