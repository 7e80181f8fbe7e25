import { UniArmError } from "@uniarm/core/schema";
import type { z } from "zod";
import type { Row } from "../files/row.ts";
import { numberOf } from "./number-of.ts";

/** @throws UniArmError data-row-invalid, naming the row and what is wrong in it */
export function parseRow<Schema extends z.ZodType>(schema: Schema, row: Row, format: string): z.infer<Schema> {
  const first = schema.safeParse(row.value);
  const parsed = first.success || !row.isUntyped ? first : schema.safeParse(typed(row.value, first.error));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message));
  throw invalidRow(row, format, problems.join("; "), parsed.error);
}

export const invalidRow = ({ where }: Row, format: string, what: string, cause?: unknown): UniArmError =>
  new UniArmError(
    "data-row-invalid",
    `${where} is not a row of format ${format}: ${what}. Correct it, or name the format.`,
    { cause },
  );

/** A row of texts alone: those that the schema did not want as text become the number or the truth value that they write. */
function typed(value: unknown, error: z.ZodError): unknown {
  if (typeof value !== "object" || value === null) return value;
  const wrong = new Set(error.issues.map(({ path }) => path[0]));
  return Object.fromEntries(
    Object.entries(value).map(([key, text]: [string, unknown]) => [key, wrong.has(key) ? valueOf(text) : text]),
  );
}

function valueOf(text: unknown): unknown {
  if (typeof text !== "string") return text;
  if (/^(?:true|false)$/i.test(text.trim())) return text.trim().toLowerCase() === "true";
  const number = numberOf(text, true);
  return number === null ? undefined : (number ?? text);
}
