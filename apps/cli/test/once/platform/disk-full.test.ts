import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fillDisk } from "./fill-disk.ts";
import { startPlatform, temporaryFolder } from "./platform.ts";

function mount(place: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=220m,mode=755", "tmpfs", place], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("on a full disk the server refuses with a sentence, lives on, loses nothing, and works when there is room", async (context) => {
  const folder = await temporaryFolder();
  if (!mount(folder)) context.skip("this user may not mount a small disk");
  const platform = await startPlatform({ folder, flags: ["--no-worker"] });
  try {
    const launch = (name: string, notes = "") =>
      platform.call<{ id: string }>("POST", "/api/runs", { kind: "sleep", name, notes });
    const put = (content: Buffer) => platform.upload(createHash("sha256").update(content).digest("hex"), content);
    const small = Buffer.from("stored before the disk was full");
    const before = await launch("before");
    expect((await put(small)).status).toBe(201);

    fillDisk(join(folder, "filler"));
    const refusedFile = await put(Buffer.alloc(2 ** 20, 7));
    expect(refusedFile.status).toBe(503);
    expect(refusedFile.text).toContain("There is no disk left for the blob store");
    const accepted: string[] = [];
    const refused = await (async () => {
      for (let count = 0; count < 2000; count++) {
        try {
          accepted.push((await launch(`while it is full ${count}`, incompressible(100_000))).id);
        } catch (error) {
          return error as Error & { status?: number };
        }
      }
      return null;
    })();
    expect(refused?.status).toBe(503);
    expect(refused?.message).toContain("its disk is full");
    expect((await fetch(`${platform.url}/health`)).status).toBe(200);

    rmSync(join(folder, "filler"));
    const after = await platform.insist<{ id: string }>("POST", "/api/runs", { kind: "sleep", name: "after" });
    for (const id of [before.id, ...accepted, after.id])
      expect(await platform.insist("GET", `/api/runs/${id}`)).toMatchObject({ id });
    expect((await put(Buffer.alloc(2 ** 20, 7))).status).toBe(201);
    const again = await fetch(`${platform.url}/api/blobs/${createHash("sha256").update(small).digest("hex")}`, {
      headers: platform.headers,
    });
    expect(await again.text()).toBe(String(small));
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${platform.errors()}`, { cause: error });
  } finally {
    await platform.stop();
    execFileSync("umount", [folder]);
    await platform.remove();
  }
});

/** A text that Postgres cannot make smaller. */
function incompressible(length: number): string {
  let [text, seed] = ["", length];
  while (text.length < length) text += createHash("sha512").update(String(seed++)).digest("base64");
  return text.slice(0, length);
}
