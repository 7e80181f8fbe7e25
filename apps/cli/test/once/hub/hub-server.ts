import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a model of the small hub holds, and what is wrong with it. */
export interface HubRepository {
  commit: string;
  files: Record<string, Buffer>;
  /** files of that size or more lie at another address, as large ones do */
  largeFrom: number;
  token?: string;
  gated?: boolean;
  /** the bytes that it gives in place of those that it lists */
  corrupt?: Record<string, Buffer>;
  /** listed, but not there */
  lost?: string[];
}

/** How the address of large files behaves. */
export interface Storage {
  chunkBytes: number;
  pauseMs: number;
  /** whether it gives whole files only */
  ignoresRanges: boolean;
  /** connections that are cut after so many bytes, one after the other */
  cutAfter: number[];
  onChunk: (sent: number) => void;
}

export interface SmallHub {
  endpoint: string;
  repositories: Map<string, HubRepository>;
  storage: Storage;
  /** headers of every request at the other address */
  stored: IncomingMessage["headers"][];
  /** bytes that it sent */
  sentBytes: () => number;
  close: () => Promise<void>;
}

const sha1OfBlob = (content: Buffer): string =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const PAGE = 3;

/** The part of the Hugging Face hub that a pull asks, over HTTP on this machine; large files at an origin of their own. */
export async function startHub(): Promise<SmallHub> {
  const repositories = new Map<string, HubRepository>();
  const storage: Storage = {
    chunkBytes: 1 << 16,
    pauseMs: 0,
    ignoresRanges: false,
    cutAfter: [],
    onChunk: () => undefined,
  };
  const stored: SmallHub["stored"] = [];
  const large = new Map<string, Buffer>();
  let sent = 0;
  const files = await listening(async (request, response) => {
    stored.push(request.headers);
    const content = large.get(new URL(request.url!, "http://files").pathname);
    if (!content) return refuse(response, 404);
    const from = storage.ignoresRanges ? 0 : rangeStart(request);
    writeRangeHead(response, content, from);
    const cut = storage.cutAfter.shift() ?? Infinity;
    for (let at = from; at < content.length; at += storage.chunkBytes) {
      if (at - from >= cut || response.destroyed) return void response.destroy();
      const chunk = content.subarray(at, at + storage.chunkBytes);
      sent += chunk.length;
      response.write(chunk);
      while (response.writableNeedDrain && !response.destroyed) await sleep(1);
      storage.onChunk(at + chunk.length);
      if (storage.pauseMs > 0) await sleep(storage.pauseMs);
    }
    response.end();
  });
  const hub = await listening((request, response) => {
    const path = new URL(request.url!, "http://hub").pathname;
    const [, name, revision, rest] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(?:revision|tree)\/([^/]+)$/.exec(path) ??
      /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path) ??
      [];
    const repository = repositories.get(name ?? "");
    const given = request.headers.authorization;
    if (!repository || (repository.token !== undefined && given !== `Bearer ${repository.token}`))
      return refuse(response, 401); // it does not tell private from absent
    if (repository.gated && path.includes("/resolve/")) return refuse(response, 403);
    if (revision !== "main" && revision !== repository.commit) return refuse(response, 404);
    if (path.includes("/revision/"))
      return json(response, { _id: "1", id: name, sha: repository.commit, private: false });
    if (path.includes("/tree/")) return tree(request, response, repository);
    const file = rest!;
    const listed = repository.files[file];
    if (!listed || repository.lost?.includes(file)) return refuse(response, 404);
    const content = repository.corrupt?.[file] ?? listed;
    if (listed.length < repository.largeFrom) {
      response.setHeader("etag", `"${sha1OfBlob(listed)}"`);
      writeRangeHead(response, content, rangeStart(request));
      return void response.end(content.subarray(rangeStart(request)));
    }
    const at = `/lfs/${sha256(listed)}`;
    large.set(at, content);
    response.setHeader("x-linked-etag", `"${sha256(listed)}"`);
    response.writeHead(302, { location: `${addressOf(files)}${at}?signature=1` }).end();
  });
  const endpoint = addressOf(hub);

  function tree(request: IncomingMessage, response: ServerResponse, { files: all, largeFrom }: HubRepository): void {
    const url = new URL(request.url!, endpoint);
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const entries = Object.entries(all).map(([path, content]) => ({
      type: "file",
      path,
      size: content.length,
      oid: sha1OfBlob(content),
      ...(content.length < largeFrom ? {} : { lfs: { oid: sha256(content), size: content.length, pointerSize: 130 } }),
    }));
    url.searchParams.set("cursor", String(start + PAGE));
    if (start + PAGE < entries.length) response.setHeader("link", `<${url.href}>; rel="next"`);
    json(response, entries.slice(start, start + PAGE));
  }
  return {
    endpoint,
    repositories,
    storage,
    stored,
    sentBytes: () => sent,
    close: async () => {
      for (const server of [hub, files]) {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
    },
  };
}

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Server> {
  const server = createServer((request, response) => {
    void Promise.resolve(answer(request, response)).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const json = (response: ServerResponse, body: unknown): void =>
  void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
const refuse = (response: ServerResponse, status: number): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end('{"error":"no"}');
const rangeStart = ({ headers }: IncomingMessage): number =>
  Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);

function writeRangeHead(response: ServerResponse, { length }: Buffer, from: number): void {
  if (from === 0) response.writeHead(200, { "content-length": length });
  else
    response.writeHead(206, {
      "content-length": length - from,
      "content-range": `bytes ${from}-${length - 1}/${length}`,
    });
}
