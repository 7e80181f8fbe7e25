import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createRandom } from "@uniarm/core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { copyBlobs, openBlobStore, type BlobIdentity, type BlobStore } from "../src/index.ts";
import { readFolderStore } from "../src/blobs/folder-store.ts";
import { openS3Store } from "../src/blobs/s3-store.ts";
import { hasS3Server, startS3Server, temporaryFolder, type S3Server } from "../src/testing/index.ts";
import { blobOf, mebibytesOf } from "./seeded-blob.ts";

/** Moments at which a process is killed; thirty in the long form. */
const KILLS = process.env.UNIARM_CHAOS === "full" ? 30 : 5;
/** Five parts. */
const MEBIBYTES = 40;

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const putText = (store: BlobStore, text: string) =>
  store.put(Readable.from([Buffer.from(text)]), { sha256: sha(text), size: text.length });
const sha256Of = async (stream: Readable): Promise<string> =>
  createHash("sha256")
    .update(await all(stream))
    .digest("hex");
/** So many lines of a program are waited for, and then it is killed. */
interface Kill {
  killAfter?: number;
}
const all = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray());

test("a place for files is a folder or a bucket; another address is refused", async () => {
  await expect(openBlobStore("http://127.0.0.1/files")).rejects.toThrow(/is no place for files. Give a folder, or s3:/);
  await expect(openBlobStore("s3://No_Bucket/x")).rejects.toThrow(/3 to 63 small letters/);
});

describe.runIf(hasS3Server())("a bucket (skipped without Python's pip)", () => {
  let server: S3Server;
  let store: BlobStore;
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ folder, remove } = await temporaryFolder());
    server = await startS3Server();
    for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
    store = await openBlobStore(`s3://${server.bucket}/lab/files`);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.stop();
    await remove();
  });

  test("keeps bytes by their hash, gives ranges of them, stores equal ones once, and lists them", async () => {
    await putText(store, "hello");
    await putText(store, "hello");
    await putText(store, "");
    expect((await all(await store.read(sha("hello"), { start: 1, end: 3 }))).toString()).toBe("ell");
    expect(await store.sizeOf(sha(""))).toBe(0);
    const listed: unknown[] = [];
    for await (const blob of store.list()) listed.push(blob);
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual({ sha256: sha("hello"), size: 5 });
    await store.remove(sha("hello"));
    await store.remove(sha("hello"));
    expect(await store.sizeOf(sha("hello"))).toBeNull();
    await expect(store.read(sha("hello"))).rejects.toThrow(/is not in the store/);
  });

  test("takes nothing that is not what was announced, small or in parts, whether it is there or not", async () => {
    const wrong = { sha256: sha("another") };
    await expect(store.put(Readable.from([Buffer.from("x")]), wrong)).rejects.toThrow(/announced/);
    await expect(store.put(Readable.from(mebibytesOf(1, MEBIBYTES)), wrong)).rejects.toThrow(/announced/);
    expect(await store.sizeOf(wrong.sha256)).toBeNull();
    await putText(store, "another");
    await expect(store.put(Readable.from([Buffer.from("x")]), wrong)).rejects.toThrow(/announced/);
    expect((await all(await store.read(wrong.sha256))).toString()).toBe("another");
    const small = await openS3Store({ bucket: server.bucket, prefix: "small" }, { maxBytes: 10 });
    await expect(putText(small, "more than ten bytes")).rejects.toThrow(/larger than 10 bytes/);
  });

  test("gives an address that needs no key", async () => {
    await putText(store, "for a browser");
    const answer = await fetch(await store.urlOf!(sha("for a browser"), "notes.txt"));
    expect(await answer.text()).toBe("for a browser");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="notes.txt"');
  });

  test(
    `a writer that is killed at ${KILLS} moments leaves no part of a file to read; the next goes on, and a sweep removes the rest`,
    { timeout: 600_000 },
    async () => {
      const random = createRandom(7);
      const location = `s3://${server.bucket}/killed`;
      const written = await openBlobStore(location);
      for (let seed = 0; seed < KILLS; seed++) {
        const blob = blobOf(seed, MEBIBYTES);
        const at = 1 + random.integer(MEBIBYTES);
        await put(location, seed, { killAfter: at });
        expect([null, blob.size]).toContain(await written.sizeOf(blob.sha256)); // killed after its last line, it may be whole
        if (seed % 2 === 0) await put(location, seed, {});
        const size = await written.sizeOf(blob.sha256);
        if (size !== null) expect(await sha256Of(await written.read(blob.sha256))).toBe(blob.sha256);
        if (seed % 2 === 0) expect(size).toBe(blob.size);
      }
      await written.sweep(3600_000); // young ones may go on
      await written.sweep(0);
      expect(await written.sweep(0)).toBe(0);
    },
  );

  test(
    `a reader that is killed at ${KILLS} moments leaves no part of a file for whole; the next has the same bytes, and nothing else is left`,
    { timeout: 600_000 },
    async () => {
      const random = createRandom(8);
      const location = `s3://${server.bucket}/read`;
      const blob = blobOf(300, MEBIBYTES);
      await (await openBlobStore(location)).put(Readable.from(mebibytesOf(300, MEBIBYTES)), blob);
      for (let kill = 0; kill < KILLS; kill++) {
        const place = join(folder, `read-${kill}`);
        const at = 1 + random.integer(MEBIBYTES);
        await read(location, place, { killAfter: at });
        const halfway = readFolderStore(place);
        expect([null, blob.size]).toContain(await halfway.sizeOf(blob.sha256)); // killed after its last line, it may be whole
        expect(await read(location, place, {})).toBe("copied");
        expect(await sha256Of(await halfway.read(blob.sha256))).toBe(blob.sha256);
        const left = await readdir(place, { recursive: true });
        expect(left.toSorted()).toEqual(
          [blob.sha256.slice(0, 2), `${blob.sha256.slice(0, 2)}/${blob.sha256}`, "incoming"].toSorted(),
        );
        await rm(place, { recursive: true });
      }
    },
  );

  test("parts that an interrupted upload has brought are not sent again", async () => {
    const blob = blobOf(100, MEBIBYTES);
    const cut = async function* (): AsyncGenerator<Buffer> {
      yield* [...mebibytesOf(100, MEBIBYTES)].slice(0, 36); // four parts
      await Promise.reject(new Error("the connection ended"));
    };
    await expect(store.put(cut(), blob)).rejects.toThrow("the connection ended");
    const sent: string[] = [];
    const listen = (message: unknown): void => {
      const { method, path } = (message as { request: { method: string; path: string } }).request;
      if (method === "PUT") sent.push(/partNumber=\d+/.exec(path)?.[0] ?? path);
    };
    subscribe("http.client.request.start", listen);
    await store
      .put(Readable.from(mebibytesOf(100, MEBIBYTES)), blob)
      .finally(() => unsubscribe("http.client.request.start", listen));
    expect(sent).toEqual(["partNumber=5"]);
    expect(await store.sizeOf(blob.sha256)).toBe(blob.size);
  });

  test("two writers of one file end with that file", async () => {
    const blob = blobOf(200, MEBIBYTES);
    const write = () => store.put(Readable.from(mebibytesOf(200, MEBIBYTES)), blob);
    expect(await Promise.all([write(), write()])).toEqual([blob, blob]);
    expect(await sha256Of(await store.read(blob.sha256))).toBe(blob.sha256);
  });

  test("a folder is copied into a bucket and back; what is there is not copied again, what is damaged is named", async () => {
    const from = await openBlobStore(join(folder, "from"));
    const to = await openBlobStore(`s3://${server.bucket}/copied`);
    const back = await openBlobStore(join(folder, "back"));
    for (const text of ["one", "two", "three"]) await putText(from, text);
    await putText(to, "two");
    expect(await copied(from, to)).toEqual({ bytes: 8, absent: [] });
    expect(await copied(from, to)).toEqual({ bytes: 0, absent: [] });
    expect(await copied(to, back)).toEqual({ bytes: 11, absent: [] });
    expect((await all(await back.read(sha("three")))).toString()).toBe("three");
    const wrong = `00${"f".repeat(62)}`;
    await mkdir(join(folder, "back", "00"), { recursive: true });
    await writeFile(join(folder, "back", "00", wrong), "not what its name says");
    expect(await copied(back, to)).toEqual({ bytes: 0, absent: [{ sha256: wrong, size: 22, why: "damaged" }] });
    expect(await to.sizeOf(wrong)).toBeNull();
  });

  test.each([
    ["a bucket that is not there", "s3://no-such-bucket", {}, /has no bucket no-such-bucket. Make it/],
    ["no server", "s3://any", { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" }, /cannot be reached .*ECONNREFUSED/],
  ])("%s is said at the start", async (_what, location, environment, sentence) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    try {
      await expect(openBlobStore(location)).rejects.toThrow(sentence);
    } finally {
      for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
    }
  });

  const put = (location: string, seed: number, kill: Kill): Promise<string> =>
    killed("s3-child.ts", [location, String(seed), String(MEBIBYTES)], kill);

  /** What was put with seed 300. */
  const read = (location: string, place: string, kill: Kill): Promise<string> =>
    killed("s3-reader.ts", [location, place, "300", String(MEBIBYTES)], kill);

  /** @returns the last line that the program said */
  async function killed(program: string, told: readonly string[], { killAfter }: Kill): Promise<string> {
    const child = spawn(process.execPath, [join(import.meta.dirname, program), ...told], {
      env: { ...process.env, ...server.environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((done) => child.on("exit", done));
    let lines = 0;
    let said = "";
    for await (const line of createInterface({ input: child.stdout })) {
      lines += 1;
      said = line;
      if (lines === killAfter) child.kill("SIGKILL");
    }
    await ended;
    return said;
  }
});

async function copied(from: BlobStore, to: BlobStore) {
  const blobs: BlobIdentity[] = [];
  for await (const blob of from.list()) blobs.push(blob);
  const isThere = async ({ sha256, size }: BlobIdentity): Promise<boolean> => (await to.sizeOf(sha256)) === size;
  return copyBlobs(blobs, { from, to, isThere }, { signal: new AbortController().signal, onProgress: () => undefined });
}
