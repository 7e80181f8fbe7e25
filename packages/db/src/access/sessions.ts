import { randomBytes } from "node:crypto";
import { prismaOf, type Database } from "../database.ts";
import { findCaller, hashOfSecret, type Caller, type Scope } from "./keys.ts";

export const SESSION_SECONDS = 7 * 24 * 3600;

/** Logs a browser in with a key's secret. The token goes into its cookie; null where the secret is not valid. */
export async function startSession(db: Database, secret: string): Promise<{ token: string; caller: Caller } | null> {
  const caller = await findCaller(db, secret);
  if (!caller) return null;
  const token = randomBytes(32).toString("base64url");
  const expiresAt = new Date(Date.now() + SESSION_SECONDS * 1000);
  await prismaOf(db).session.create({ data: { id: hashOfSecret(token), keyId: caller.keyId, expiresAt } });
  await removeExpiredSessions(db);
  return { token, caller };
}

/** Who is logged in with this token; null when it expired or its key is no longer valid. */
export async function findSession(db: Database, token: string): Promise<Caller | null> {
  const session = await prismaOf(db).session.findUnique({ where: { id: hashOfSecret(token) }, include: { key: true } });
  const now = new Date();
  if (
    !session ||
    session.expiresAt <= now ||
    session.key.revokedAt ||
    (session.key.expiresAt && session.key.expiresAt <= now)
  )
    return null;
  return { keyId: session.keyId, name: session.key.name, scopes: session.key.scopes as Scope[] };
}

export async function endSession(db: Database, token: string): Promise<void> {
  await prismaOf(db).session.deleteMany({ where: { id: hashOfSecret(token) } });
}

export async function removeExpiredSessions(db: Database): Promise<void> {
  await prismaOf(db).session.deleteMany({ where: { expiresAt: { lt: new Date() } } });
}
