import { z } from "zod";
import type { ReferenceField } from "./reference.ts";

/** What is read of the JSON schema of a config. */
export interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  const?: unknown;
  reference?: ReferenceField;
}

const known = new WeakMap<z.ZodType, JsonSchema>();

/** The JSON schema of what a person writes. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const made =
    known.get(schema) ??
    (z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as JsonSchema);
  known.set(schema, made);
  return made;
}

/** A schema, and all that stand for it. */
export const branchesOf = (schema: JsonSchema): JsonSchema[] => [
  schema,
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap(branchesOf),
];
