import { UniArmError } from "@uniarm/core/schema";
import type { Row } from "../files/row.ts";
import type { Format } from "./format.ts";
import { helpsteer2 } from "./helpsteer2.ts";
import { hh } from "./hh.ts";
import { parm } from "./parm.ts";
import { pku } from "./pku.ts";
import { ultrafeedback } from "./ultrafeedback.ts";
import { uniarm } from "./uniarm.ts";

/** A row belongs to the first format all of whose keys it has; ultrafeedback has those of hh, so it comes first. */
export const FORMATS: readonly Format[] = [uniarm, parm, pku, helpsteer2, ultrafeedback, hh];
export const FORMAT_NAMES = FORMATS.map(({ name }) => name);

/** @throws UniArmError data-format-unknown, with the keys that were seen */
export function formatOf({ value, where }: Row): Format {
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const found = FORMATS.find((format) => format.keys.every((key) => keys.includes(key)));
  if (found) return found;
  const seen = keys.length > 0 ? `its keys are ${keys.slice(0, 12).join(", ")}` : "it is not an object";
  const known = FORMATS.map((format) => `${format.name} (${format.keys.slice(0, 3).join(", ")})`).join(", ");
  throw new UniArmError("data-format-unknown", `${where} is of no known format: ${seen}. Known formats are ${known}.`);
}

/** @throws UniArmError data-format-unknown */
export function formatNamed(name: string): Format {
  const found = FORMATS.find((format) => format.name === name);
  if (found) return found;
  throw new UniArmError(
    "data-format-unknown",
    `There is no data format ${JSON.stringify(name)}. Known formats are ${FORMAT_NAMES.join(", ")}.`,
  );
}
