import { createHash } from "node:crypto";
import { hasS3Server, startS3Server, type S3Server } from "@uniarm/db/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { serving, type Serving } from "./serving.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

describe.runIf(hasS3Server())("files in a bucket (skipped without Python's pip)", () => {
  let s3: S3Server;
  let proxied: Serving;
  let redirecting: Serving;
  beforeAll(async () => {
    s3 = await startS3Server();
    for (const [name, value] of Object.entries(s3.environment)) vi.stubEnv(name, value);
    const blobs = `s3://${s3.bucket}/lab`;
    [proxied, redirecting] = await Promise.all([serving({}, { blobs }), serving({}, { blobs, redirectsBlobs: true })]);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([proxied.close(), redirecting.close()]);
    await s3.stop();
  });

  const put = async ({ url, keys }: Serving, name: string, body: string): Promise<number> =>
    (
      await fetch(`${url}/api/blobs/${name}`, {
        method: "PUT",
        body,
        headers: { authorization: `Bearer ${keys.write}`, "content-type": "application/octet-stream" },
      })
    ).status;
  const get = ({ url, keys }: Serving, name: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/api/blobs/${name}?name=notes.txt`, { headers: { authorization: `Bearer ${keys.read}`, ...headers } });

  test("are taken under their own name only, and given whole and in ranges", async () => {
    expect(await put(proxied, sha("0123456789"), "0123456789")).toBe(201);
    expect(await put(proxied, sha("other"), "0123456789")).toBe(400);
    expect(await (await get(proxied, sha("0123456789"))).text()).toBe("0123456789");
    const part = await get(proxied, sha("0123456789"), { range: "bytes=2-4" });
    expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([206, "234", "bytes 2-4/10"]);
    expect((await get(proxied, sha("nothing"))).status).toBe(404);
  });

  test("are fetched from the bucket itself where the server is told so: with ranges, a name, and no key of ours", async () => {
    await put(redirecting, sha("straight"), "straight");
    const { url, keys } = redirecting;
    const path = `${url}/api/blobs/${sha("straight")}?name=notes.txt`;
    const answer = await fetch(path, { redirect: "manual", headers: { authorization: `Bearer ${keys.read}` } });
    expect(answer.status).toBe(302);
    const address = answer.headers.get("location")!;
    expect(address.startsWith(s3.environment.AWS_ENDPOINT_URL_S3)).toBe(true);
    expect(address).not.toContain(keys.read);
    const followed = await get(redirecting, sha("straight"), { range: "bytes=0-2" });
    expect([followed.status, await followed.text()]).toEqual([206, "str"]);
    expect(followed.headers.get("content-disposition")).toBe('attachment; filename="notes.txt"');
    const here = await fetch(`${path}&redirect=false`, {
      redirect: "manual",
      headers: { authorization: `Bearer ${keys.read}`, range: "bytes=0-2" },
    });
    expect([here.status, await here.text()]).toEqual([206, "str"]); // for pages, which may not read the bucket
    expect((await fetch(path, { redirect: "manual" })).status).toBe(401);
    expect((await get(redirecting, sha("nothing"))).status).toBe(404);
  });

  test("that the bucket refuses or cannot take are answered with a sentence", async () => {
    await s3.stop();
    const answer = await get(proxied, sha("0123456789"));
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("cannot be reached")]);
  });
});
