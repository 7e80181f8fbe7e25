import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openClient, type Client } from "@uniarm/client";
import { UniArmError } from "@uniarm/core/schema";
import { dataFolder } from "../serve/data-folder.ts";

export { ask, type Api } from "@uniarm/client";

export interface Connection extends Client {
  key: string | undefined;
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
  const url = named ?? read("server-url");
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
  return { ...openClient({ url, key }), key };
}
