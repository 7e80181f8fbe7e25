import { UniArmError } from "@uniarm/core/schema";

/** Where a page ended: opaque to whoever passes it back. */
export const cursorOf = (values: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(values)).toString("base64url");

/** @throws UniArmError cursor-invalid */
export function readCursor(cursor: string, length: number): (string | number | null)[] {
  try {
    const values = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown;
    if (
      Array.isArray(values) &&
      values.length === length &&
      values.every((value) => value === null || ["string", "number"].includes(typeof value))
    )
      return values as (string | number | null)[];
  } catch {
    // said below
  }
  throw new UniArmError("cursor-invalid", "The cursor is not one that this list gave out. Start again without one.");
}
