import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withKeyOf } from "../src/with-key-of.ts";

let folder: string;
let file: string;
/** what a request was sent with, and what the file holds by the time it is refused */
const sent: (string | undefined)[] = [];
let exchange: string | null = null;
const server = createServer((request: IncomingMessage, response) => {
  request.resume().on("end", () => {
    const { authorization } = request.headers;
    sent.push(authorization);
    const isValid = authorization === "Bearer new";
    void (exchange === null ? Promise.resolve() : writeFile(file, exchange)).then(() =>
      response.writeHead(isValid ? 200 : 401).end(),
    );
  });
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "uniarm-key-"));
  file = join(folder, "local-key");
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const send = async (key: string, meanwhile: string | null, init: RequestInit = {}): Promise<number> => {
  await writeFile(file, `${key}\n`);
  [exchange, sent.length] = [meanwhile, 0];
  const { port } = server.address() as AddressInfo;
  return (await withKeyOf(file)(`http://127.0.0.1:${port}`, init)).status;
};

test("each request carries the key that the file holds by then", async () => {
  expect(await send("new", null)).toBe(200);
  expect(sent).toEqual(["Bearer new"]);
});

test("a key that is exchanged while a request is on its way does not fail it", async () => {
  expect(await send("old", "new\n", { method: "POST", body: "x" })).toBe(200);
  expect(sent).toEqual(["Bearer old", "Bearer new"]);
});

test("a stream cannot be sent twice: its sender is told to begin anew", async () => {
  const body = Readable.toWeb(Readable.from([Buffer.from("x")]));
  expect(await send("old", "new\n", { method: "POST", body, duplex: "half" } as unknown as RequestInit)).toBe(503);
});

test("a key that stays and is refused is refused", async () => {
  expect(await send("old", null)).toBe(401);
  expect(sent).toEqual(["Bearer old"]);
});
