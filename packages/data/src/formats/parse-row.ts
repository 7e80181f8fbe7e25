import { UniArmError } from "@uniarm/core/schema";
import type { z } from "zod";
import type { Row } from "../files/row.ts";

/** @throws UniArmError data-row-invalid, naming the row and what is wrong in it */
export function parseRow<Schema extends z.ZodType>(
  schema: Schema,
  { value, where }: Row,
  format: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message));
  throw new UniArmError(
    "data-row-invalid",
    `${where} is not a row of format ${format}: ${problems.join("; ")}. Correct it, or name the format.`,
    { cause: parsed.error },
  );
}
