import { readFile } from "node:fs/promises";
import { StrengthChoice, UniArmError } from "@uniarm/core/schema";

/** @throws UniArmError strength-choice-invalid for a file that cannot be read or is of another layout */
export async function readChoice(path: string): Promise<StrengthChoice> {
  try {
    return StrengthChoice.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new UniArmError(
      "strength-choice-invalid",
      `${path} is not a choice of strength: it should be the strength.json that a choose run writes. Run that again, or give decoding.strength.`,
      { cause },
    );
  }
}
