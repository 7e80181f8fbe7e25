import type { BlobStore, Caller, Database, Listener } from "@uniarm/db";
import type { Logger } from "pino";
import type { Reach } from "./reach.ts";
import type { LocalKey } from "./local-key.ts";

/** What the server shares with all requests. */
export interface Services {
  db: Database;
  store: BlobStore;
  listener: Listener;
  /** null: the server has no worker of its own */
  localKey: LocalKey | null;
  log: Logger;
  settings: Settings;
}

export interface Settings {
  /** everybody may do everything; on loopback only */
  noAuth: boolean;
  leaseSeconds: number;
  reach: Reach;
  /** files are given by addresses of the store itself, where it has such */
  redirectsBlobs: boolean;
  /** webhooks may be of addresses of private networks */
  allowsPrivateWebhooks: boolean;
  /** for how long deleted runs can be restored */
  restoreSeconds: number;
  version: string;
}

/** What a request has. */
export interface Context extends Services {
  caller: Caller | null;
}

/** Who is noted in the audit log. */
export const actorOf = ({ caller }: Pick<Context, "caller">): string => caller?.name ?? "local";
