import { createHash } from "node:crypto";
import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadFile, downloadFiles, uploadFiles } from "../src/files/index.ts";
import { openClient, persistently, type Client } from "../src/index.ts";
import { fakeServer, sendJson, type FakeServer } from "./fake-server.ts";

const sha = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");
const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
const blob = { sha256: sha(content), size: content.length };
const partialOf = (target: string): string => `${target}.${blob.sha256.slice(0, 16)}.partial`;

let store: Map<string, Buffer>;
let server: FakeServer;
let client: Client;
let folder: string;
let remove: () => Promise<void>;
/** sends so many bytes of the next answer, then cuts the connection */
let cutAfter: number | null;
/** with which the store answers its next request */
let nextStatus: number | null;

beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  store = new Map([[blob.sha256, content]]);
  cutAfter = null;
  nextStatus = null;
  server = await fakeServer(({ method, path, headers, body }, response) => {
    const sha256 = path.split("/").at(-1)!;
    if (path.startsWith("/trpc/work.blobs")) {
      const { hashes } = JSON.parse(String(body)) as { hashes: string[] };
      sendJson(response, 200, { result: { data: { known: hashes.filter((one) => store.has(one)) } } });
    } else if (nextStatus !== null) {
      sendJson(response, nextStatus, { code: "AWAY", message: "The store is away." });
      nextStatus = null;
    } else if (method === "PUT" && sha(body) !== sha256) {
      sendJson(response, 400, { code: "BAD_REQUEST", message: "The bytes are others." });
    } else if (method === "PUT") {
      store.set(sha256, body);
      sendJson(response, 201, {});
    } else {
      const found = store.get(sha256);
      if (!found) return void sendJson(response, 404, { code: "NOT_FOUND", message: `${sha256} is not in the store.` });
      const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
      if (start >= found.length) return void response.writeHead(416).end();
      response.writeHead(headers.range ? 206 : 200, { "content-length": found.length - start });
      if (cutAfter === null) return void response.end(found.subarray(start));
      response.write(found.subarray(start, start + cutAfter));
      setTimeout(() => response.destroy(), 100);
      cutAfter = null;
    }
  });
  client = openClient({ url: server.url, key: "secret" });
});
afterEach(async () => {
  await server.close();
  await remove();
});

const ranges = (): (string | undefined)[] => server.heard.map(({ headers }) => headers.range);

describe("a download", () => {
  test("that was cut is completed from where it was, and stands there only when it is whole", async () => {
    const target = join(folder, "cache", blob.sha256);
    cutAfter = 60_000;
    await expect(downloadFile(client, blob, target)).rejects.toThrow();
    const kept = (await stat(partialOf(target))).size;
    expect(kept).toBeGreaterThan(0);
    expect(await readdir(join(folder, "cache"))).toEqual([basename(partialOf(target))]);
    await downloadFile(client, blob, target);
    expect(ranges()).toEqual([undefined, `bytes=${kept}-`]);
    expect(await readFile(target)).toEqual(content);
    expect(await readdir(join(folder, "cache"))).toEqual([blob.sha256]);
  });

  test("is repeated by `persistently` until it is whole", async () => {
    cutAfter = 10_000;
    const target = join(folder, "file");
    await persistently(() => downloadFile(client, blob, target), new AbortController().signal);
    expect(await readFile(target)).toEqual(content);
    expect(server.heard).toHaveLength(2);
  });

  test.each([
    ["other bytes", Buffer.alloc(50_000, 1)],
    ["more bytes than the file has", Buffer.alloc(200_000, 1)],
  ])("whose partial file holds %s begins anew", async (_what, wrong) => {
    const target = join(folder, "file");
    await writeFile(partialOf(target), wrong);
    await expect(downloadFile(client, blob, target)).rejects.toMatchObject({ code: "blob-away" });
    await writeFile(partialOf(target), wrong);
    await persistently(() => downloadFile(client, blob, target), new AbortController().signal);
    expect(await readFile(target)).toEqual(content);
  });

  test("is not spoilt by what a cut download of other bytes left at the same path", async () => {
    const target = join(folder, "file");
    const other = Buffer.alloc(80_000, 1);
    store.set(sha(other), other);
    cutAfter = 60_000;
    await expect(downloadFile(client, { sha256: sha(other), size: other.length }, target)).rejects.toThrow();
    await downloadFile(client, blob, target);
    expect(ranges()).toEqual([undefined, undefined]);
    expect(await readFile(target)).toEqual(content);
  });

  test("that was whole but for its name is not fetched again", async () => {
    const target = join(folder, "file");
    await writeFile(partialOf(target), content);
    await downloadFile(client, blob, target);
    expect(await readFile(target)).toEqual(content);
    expect(server.heard).toEqual([]);
  });

  test("whose partial file another process completed and renamed is tried again", async () => {
    const target = join(folder, "file");
    let tries = 0;
    const flush = async (): Promise<void> => {
      if (++tries === 1) await rename(partialOf(target), `${target}.of-the-other`);
    };
    const fetchAndTake: typeof fetch = async (...request) => {
      const answer = await fetch(...request);
      return new Response(answer.body!.pipeThrough(new TransformStream({ flush })), answer);
    };
    const beside = openClient({ url: server.url, fetch: fetchAndTake });
    await persistently(() => downloadFile(beside, blob, target), new AbortController().signal);
    expect(await readFile(target)).toEqual(content);
    expect(tries).toBe(2);
  });

  test("that several ask for at once is made once", async () => {
    const target = join(folder, "file");
    await Promise.all([downloadFile(client, blob, target), downloadFile(client, blob, target)]);
    expect(server.heard).toHaveLength(1);
  });

  test("that its first caller abandons is made by the others", async () => {
    const target = join(folder, "file");
    const stop = new AbortController();
    const first = downloadFile(client, blob, target, { signal: stop.signal });
    const others = [downloadFile(client, blob, target), downloadFile(client, blob, target)];
    stop.abort(new Error("nobody wants it"));
    await expect(first).rejects.toThrow("nobody wants it");
    await Promise.all(others);
    expect(await readFile(target)).toEqual(content);
    expect(server.heard).toHaveLength(1);
  });

  test("of what is not in the store is refused with the server's sentence and not tried again", async () => {
    const absent = { sha256: sha("absent"), size: 6 };
    const download = persistently(() => downloadFile(client, absent, join(folder, "x")), new AbortController().signal);
    await expect(download).rejects.toMatchObject({
      code: "blob-not_found",
      message: expect.stringContaining("not in the store"),
    });
    expect(server.heard).toHaveLength(1);
  });
});

test.each([408, 429, 500, 503])("what a store answers with %i is its sentence, and passes", async (status) => {
  const away = { code: "blob-away", message: expect.stringContaining("The store is away.") as string };
  const [from, target] = [join(folder, "fresh"), join(folder, "file")];
  await writeFile(from, "new");
  const download = (): Promise<unknown> => downloadFile(client, blob, target);
  const upload = (): Promise<unknown> => uploadFiles(client, { fresh: from });
  for (const call of [download, upload]) {
    nextStatus = status;
    await expect(call()).rejects.toMatchObject(away);
    nextStatus = status;
    await persistently(call, new AbortController().signal);
  }
  expect([await readFile(target), String(store.get(sha("new")))]).toEqual([content, "new"]);
});

describe("files of the store", () => {
  test("are put below a folder through a cache, as copies of their own", async () => {
    const into = { folder: join(folder, "inputs"), cache: join(folder, "cache") };
    const files = [
      { path: "a/one.bin", ...blob },
      { path: "two.bin", ...blob },
    ];
    await downloadFiles(client, files, into);
    expect(server.heard).toHaveLength(1);
    await writeFile(join(folder, "inputs/two.bin"), "changed by its user");
    await downloadFiles(client, files, into);
    expect(await readFile(join(folder, "inputs/two.bin"))).toEqual(content);
    expect(server.heard).toHaveLength(1);
  });

  test("whose path leads elsewhere are refused", async () => {
    const into = { folder: join(folder, "inputs"), cache: join(folder, "cache") };
    for (const path of ["../x", "/etc/passwd", "a/../../x"])
      await expect(downloadFiles(client, [{ path, ...blob }], into)).rejects.toThrow();
  });

  test("are sent unless the server has them, each once", async () => {
    const [known, fresh] = [join(folder, "known"), join(folder, "fresh")];
    await writeFile(known, content);
    await writeFile(fresh, "new");
    const listed = await uploadFiles(client, { "a.bin": known, "b.txt": fresh, "again.txt": fresh });
    expect(listed).toEqual([
      { path: "a.bin", ...blob },
      { path: "b.txt", sha256: sha("new"), size: 3 },
      { path: "again.txt", sha256: sha("new"), size: 3 },
    ]);
    const sent = server.heard.filter(({ method }) => method === "PUT");
    expect(sent).toMatchObject([{ path: `/api/blobs/${sha("new")}`, headers: { authorization: "Bearer secret" } }]);
    expect(String(store.get(sha("new")))).toBe("new");
  });

  test("that cannot be read are named, and are not tried again", async () => {
    const absent = join(folder, "absent");
    const upload = persistently(() => uploadFiles(client, { "a.bin": absent }), AbortSignal.timeout(10_000));
    await expect(upload).rejects.toMatchObject({
      code: "file-missing",
      message: expect.stringMatching(
        `^The file ${absent} cannot be read: ENOENT.* Put it there, or correct the path.$`,
      ),
    });
  });
});
