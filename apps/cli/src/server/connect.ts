import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import type { AppRouter } from "@uniarm/api";
import { createTRPCClient, httpLink, TRPCClientError, type TRPCClient } from "@trpc/client";
import { dataFolder } from "../serve/data-folder.ts";

export type Api = TRPCClient<AppRouter>;

export interface Connection {
  url: string;
  key: string | undefined;
  api: Api;
}

export interface ConnectFlags {
  server?: string;
  key?: string;
  data?: string;
}

/** The server that flags or environment name, else this machine's own. @throws UniArmError server-unknown */
export function connect(flags: ConnectFlags): Connection {
  const folder = dataFolder(flags.data);
  const read = (name: string): string | undefined => {
    try {
      return readFileSync(join(folder, name), "utf8").trim() || undefined;
    } catch {
      return undefined;
    }
  };
  const named = flags.server ?? process.env.UNIARM_SERVER;
  const url = (named ?? read("server-url"))?.replace(/\/$/, "");
  if (url === undefined)
    throw new UniArmError(
      "server-unknown",
      "There is no server on this machine yet. Start one with `uniarm serve`, or name one: --server URL --key KEY (or UNIARM_SERVER and UNIARM_KEY).",
    );
  // this machine's own key goes to this machine's server only
  const key =
    flags.key ??
    process.env.UNIARM_KEY ??
    (named === undefined || named === read("server-url") ? read("local-key") : undefined);
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return { url, key, api: createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, headers })] }) };
}

/** Calls the server; what it refuses becomes an error of ours. @throws UniArmError server-away, and the server's own codes */
export async function ask<T>({ url }: Connection, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof TRPCClientError)) throw cause;
    const { data, message } = cause as TRPCClientError<AppRouter>;
    if (!data)
      throw new UniArmError(
        "server-away",
        `The server at ${url} does not answer (${message}). Start it with \`uniarm serve\`, or name another: --server URL`,
        { cause },
      );
    throw new UniArmError(data.uniarmCode ?? "server-refused", message, { cause });
  }
}
