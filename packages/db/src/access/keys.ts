import { createHash, randomBytes } from "node:crypto";
import { UniArmError } from "@uniarm/core/schema";
import { inTransaction, prismaOf, type Database } from "../database.ts";
import { newId } from "../id.ts";

export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks, and what they may do. */
export interface Caller {
  keyId: string;
  name: string;
  scopes: Scope[];
}

export interface NewKey {
  name: string;
  scopes: readonly Scope[];
  expiresAt?: Date | null | undefined;
}

const PREFIX_LENGTH = 11;
export const hashOfSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Makes a key. Its secret is returned once and stored nowhere. */
export async function createKey(
  db: Database,
  { name, scopes, expiresAt = null }: NewKey,
): Promise<{ id: string; secret: string }> {
  const secret = `uniarm_${randomBytes(32).toString("base64url")}`;
  const id = newId();
  await prismaOf(db).apiKey.create({
    data: {
      id,
      name,
      prefix: secret.slice(0, PREFIX_LENGTH),
      hash: hashOfSecret(secret),
      scopes: [...new Set(scopes)],
      expiresAt,
    },
  });
  return { id, secret };
}

const USED_EVERY_MS = 60_000;

/** Whose secret this is; null where it is not valid now. */
export async function findCaller(db: Database, secret: string): Promise<Caller | null> {
  const key = await prismaOf(db).apiKey.findUnique({ where: { hash: hashOfSecret(secret) } });
  const now = new Date();
  if (!key || key.revokedAt || (key.expiresAt && key.expiresAt <= now)) return null;
  if (!key.lastUsedAt || now.getTime() - key.lastUsedAt.getTime() > USED_EVERY_MS)
    await prismaOf(db).apiKey.updateMany({ where: { id: key.id }, data: { lastUsedAt: now } });
  return { keyId: key.id, name: key.name, scopes: key.scopes as Scope[] };
}

/** The secret of the first admin key; null where one was ever made. Of servers that start together one makes it. */
export async function createFirstAdminKey(db: Database): Promise<string | null> {
  return inTransaction(db, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('first admin key'))`);
    if ((await prismaOf(db).apiKey.count({ where: { scopes: { has: "admin" } } })) > 0) return null;
    return (await createKey(db, { name: "first admin", scopes: ["read", "write", "admin"] })).secret;
  });
}

export async function listKeys(db: Database) {
  return prismaOf(db).apiKey.findMany({ orderBy: { createdAt: "asc" }, omit: { hash: true } });
}

/** Makes a key worthless at once, and with it the sessions of its logins. The last admin key cannot be revoked. @throws UniArmError key-missing, key-last-admin */
export async function revokeKey(db: Database, id: string): Promise<void> {
  await prismaOf(db).$transaction(async (tx) => {
    const key = await tx.apiKey.findUnique({ where: { id } });
    if (!key) throw new UniArmError("key-missing", `There is no key ${id}. See those there are: uniarm keys ls`);
    if (key.revokedAt) return;
    const usable = {
      revokedAt: null,
      scopes: { has: "admin" },
      OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }],
    };
    const others = await tx.apiKey.count({ where: { ...usable, id: { not: id } } });
    if (key.scopes.includes("admin") && others === 0)
      throw new UniArmError(
        "key-last-admin",
        "This is the last key with scope admin: without it nobody could make another. Create one first.",
      );
    await tx.apiKey.update({ where: { id }, data: { revokedAt: new Date() } });
    await tx.session.deleteMany({ where: { keyId: id } });
  });
}
