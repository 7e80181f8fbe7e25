import { join } from "node:path";
import { createKey, listen, openBlobStore, type Scope } from "@uniarm/db";
import { temporaryDatabase, type TemporaryDatabase } from "@uniarm/db/testing";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import type { Services } from "../src/context.ts";
import { openLocalKey } from "../src/local-key.ts";
import { reachOf, type ReachSettings } from "../src/reach.ts";
import { createServer } from "../src/server.ts";

export interface Serving extends TemporaryDatabase {
  server: FastifyInstance;
  services: Services;
  url: string;
  keys: Record<Scope, string>;
  /** what the server logged */
  logged: () => string;
  /** A request with the key of a scope; null: without any. */
  ask: (
    scope: Scope | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; body: Record<string, unknown>; headers: Headers }>;
}

/** The whole server on a port of its own, with a key of each scope. */
export async function serving(
  reach: ReachSettings = {},
  { blobs, redirectsBlobs = false }: { blobs?: string; redirectsBlobs?: boolean } = {},
): Promise<Serving> {
  const temporary = await temporaryDatabase();
  const { db } = temporary;
  let text = "";
  const log = pino({ level: "debug" }, { write: (line: string) => void (text += line) });
  const services: Services = {
    db,
    log,
    listener: listen(temporary.url),
    store: await openBlobStore(blobs ?? join(temporary.folder, "blobs")),
    localKey: await openLocalKey(db, join(temporary.folder, "local-key")),
    settings: {
      noAuth: false,
      reach: reachOf(reach),
      redirectsBlobs,
      leaseSeconds: 15,
      allowsPrivateWebhooks: false,
      restoreSeconds: 3600,
      version: "test",
    },
  };
  const server = await createServer({ services });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const keys = {
    read: (await createKey(db, { name: "reader", scopes: ["read"] })).secret,
    write: (await createKey(db, { name: "writer", scopes: ["read", "write"] })).secret,
    admin: (await createKey(db, { name: "admin", scopes: ["admin"] })).secret,
  };
  return {
    ...temporary,
    server,
    services,
    url,
    keys,
    logged: () => text,
    ask: async (scope, method, path, body, headers = {}) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(scope === null ? {} : { authorization: `Bearer ${keys[scope]}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const content = await answer.text();
      let parsed: Record<string, unknown>;
      try {
        parsed = JSON.parse(content) as Record<string, unknown>;
      } catch {
        parsed = { text: content };
      }
      return { status: answer.status, body: parsed, headers: answer.headers };
    },
    close: async () => {
      await server.close();
      await services.listener.close();
      await temporary.close();
    },
  };
}
