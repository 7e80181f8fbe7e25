import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";

let folder: string;
let remove: () => Promise<void>;
/** knows no file yet, and its store is away */
let server: Server;
let url: string;

beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  server = createServer((request, response) => {
    const isUpload = request.method === "PUT";
    const said = isUpload ? { code: "AWAY", message: "The store is away." } : { result: { data: { known: [] } } };
    request.resume().on("end", () => {
      response.writeHead(isUpload ? 503 : 200, { "content-type": "application/json" }).end(JSON.stringify(said));
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await remove();
});

const add = (path: string): ReturnType<typeof runCli> =>
  runCli(["datasets", "add", "mine", path, "--server", url, "--data", folder]);

test("a dataset that the server cannot take now ends with exit code 2 and the server's sentence", async () => {
  const path = join(folder, "prompts.jsonl");
  await writeFile(path, "{}\n");
  expect(await add(path)).toEqual({
    code: 2,
    stdout: "",
    stderr: `error ${path} was not taken: The store is away.\n`,
  });
});

test.each(["absent.jsonl", "absent.bin"])("a file that is not there, %s, is named with exit code 2", async (name) => {
  const { code, stderr } = await add(join(folder, name));
  expect([code, stderr]).toEqual([2, expect.stringContaining(`${join(folder, name)} cannot be read`)]);
  expect(stderr).not.toContain("    at "); // no stack: it is no defect
});
