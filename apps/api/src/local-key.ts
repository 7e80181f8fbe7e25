import { renameSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createKey, findCaller, type Database } from "@uniarm/db";

/** This machine's own key, for its worker and command line, in a file that only its owner can read. */
export interface LocalKey {
  /** of the key that the file holds now */
  id: () => string;
  /** Puts another key into the file: the one before is about to be revoked. */
  renew: () => Promise<void>;
  /** The same, where another server has revoked it. */
  renewIfRevoked: () => Promise<void>;
}

/** Makes the key where there is none, or one that is not valid any more. */
export async function openLocalKey(db: Database, file: string): Promise<LocalKey> {
  const find = async (): Promise<string | null> =>
    existsSync(file) ? ((await findCaller(db, readFileSync(file, "utf8").trim()))?.keyId ?? null) : null;
  let id = await find();
  const renew = async (): Promise<void> => {
    const made = await createKey(db, { name: "this machine", scopes: ["read", "write"] });
    // whole or not at all: the worker may read it at any moment
    writeFileSync(`${file}.new`, `${made.secret}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    id = made.id;
  };
  if (id === null) await renew();
  const renewIfRevoked = async (): Promise<void> => {
    if ((await find()) === null) await renew();
  };
  return { id: () => id!, renew, renewIfRevoked };
}
