import { UniArmError } from "@uniarm/core/schema";
import { nearest } from "@uniarm/pipeline/schema";
import type { Field } from "./fields.ts";

/**
 * A value that a field is compared with. Where the field can only be one of a few, whatever case they are written in,
 * any other is refused: it would match nothing, and nobody would know why.
 * @throws UniArmError filter-invalid
 */
export function valueOf(field: Field, text: string): string {
  if (!field.values) return text;
  const known = field.values.find((value) => value.toLowerCase() === text.toLowerCase());
  if (known === undefined) throw unknownValue(field, text);
  return known;
}

/** The same for a part of a value. @throws UniArmError filter-invalid */
export function partOf(field: Field, text: string): string {
  const isPart = (value: string): boolean => value.toLowerCase().includes(text.toLowerCase());
  if (field.values && !field.values.some(isPart)) throw unknownValue(field, text);
  return text;
}

function unknownValue({ name, values = [], renamed }: Field, text: string): UniArmError {
  const now = renamed?.[text.toLowerCase()];
  if (now !== undefined) return new UniArmError("filter-invalid", `The ${name} "${text}" is called "${now}" now.`);
  const near = nearest(text, values);
  return new UniArmError(
    "filter-invalid",
    `No run has the ${name} "${text}"${near === null ? "." : `; did you mean ${near}?`} There are ${values.join(", ")}.`,
  );
}
