import { createHmac } from "node:crypto";

/** `t=SECONDS,v1=HEX`: HMAC-SHA-256 over "SECONDS.BODY". The time is part of it, so that nobody can send an old one again. */
export function signatureOf(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}
