import { UniArmError } from "@uniarm/core/schema";
import { expect } from "vitest";

/** Expects `action` to be refused with this code and a sentence that has all the parts. */
export async function expectRefusal(action: () => unknown, code: string, ...parts: string[]): Promise<void> {
  const error: unknown = await Promise.resolve()
    .then(action)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(UniArmError);
  const refusal = error as UniArmError;
  expect(refusal.code).toBe(code);
  for (const part of parts) expect(refusal.message).toContain(part);
}
