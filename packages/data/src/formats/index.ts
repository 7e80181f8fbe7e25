import { UniArmError } from "@uniarm/core/schema";
import type { Row } from "../files/row.ts";
import { mappedFormat, type ColumnMapping } from "./column-mapping.ts";
import type { Columns, Format } from "./format.ts";
import { helpsteer2 } from "./helpsteer2.ts";
import { helpsteer2Preference, helpsteer3 } from "./helpsteer3.ts";
import { hh } from "./hh.ts";
import { knownOther } from "./known-others.ts";
import { parm } from "./parm.ts";
import { pku } from "./pku.ts";
import { trl, ultrafeedback } from "./trl.ts";
import { uniarm } from "./uniarm.ts";

/** A row is of the first format that recognises it: those that ask for more come first. */
export const FORMATS: readonly Format[] = [
  uniarm,
  parm,
  pku,
  helpsteer2,
  helpsteer2Preference,
  helpsteer3,
  ultrafeedback,
  hh,
  trl,
];
export const FORMAT_NAMES = FORMATS.map(({ name }) => name);

/** The formats with the keys that show them, for people. */
export const knownFormats = (): string =>
  FORMATS.map((format) => `${format.name} (${format.keys.slice(0, 3).join(", ")})`).join(", ");

/** How own columns are named, for people. */
export const MAPPING_HINT = `Columns of other names are given as --format '{"prompt":"question","chosen":"good","rejected":"bad"}'.`;

/** The keys of a row, or that it has none, for people. */
export function keysOf({ value }: Row): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it is not an object";
  const keys = Object.keys(value);
  return keys.length === 0 ? "it has no keys" : `its keys are ${keys.slice(0, 12).join(", ")}`;
}

/** @throws UniArmError data-format-unknown, with the keys that were seen */
export function formatOf(row: Row): Format {
  const columns = (typeof row.value === "object" && row.value !== null ? row.value : {}) as Columns;
  const found = FORMATS.find((format) => format.recognises(columns));
  if (found) return found;
  const other = knownOther(columns);
  throw new UniArmError(
    "data-format-unknown",
    `${row.where} is of no known format: ${keysOf(row)}. Known formats are ${knownFormats()}. ${other === "" ? MAPPING_HINT : other}`,
  );
}

/** A format by its name, or one of columns that are named. @throws UniArmError data-format-unknown, data-mapping-invalid */
export function formatNamed(name: string | ColumnMapping): Format {
  if (typeof name !== "string") return mappedFormat(name);
  const found = FORMATS.find((format) => format.name === name);
  if (found) return found;
  throw new UniArmError(
    "data-format-unknown",
    `There is no data format ${JSON.stringify(name)}. Known formats are ${FORMAT_NAMES.join(", ")}. ${MAPPING_HINT}`,
  );
}
