import { configSchema, type WorkKind } from "./kinds.ts";
import { branchesOf, jsonSchemaOf, type JsonSchema } from "./json-schema.ts";
import { parseReference, type Reference, type ReferenceField } from "./reference.ts";

/** What stands in place of a reference: a path, or several where a list may hold them; else the first counts. */
export type Replacement = string | readonly string[];

/** Every reference of a job's config, in the order of its settings. */
export function referencesIn(kind: WorkKind, config: unknown): Reference[] {
  const found: Reference[] = [];
  replaceReferences(kind, config, (reference, _, text) => {
    found.push(reference);
    return text;
  });
  return found;
}

/** The config with each reference replaced by where it lies; of a list's entry, by all of them. */
export function replaceReferences(
  kind: WorkKind,
  config: unknown,
  replace: (reference: Reference, field: ReferenceField, text: string) => Replacement,
): unknown {
  const walk = (value: unknown, schemas: readonly JsonSchema[]): unknown => {
    const branches = schemas.flatMap(branchesOf);
    const field = branches.find(({ reference }) => reference)?.reference;
    if (typeof value === "string") return field ? replace(parseReference(value), field, value) : value;
    if (Array.isArray(value)) {
      const items = branches.flatMap(({ items: inner }) => inner ?? []);
      return value.flatMap((item) => {
        const walked = walk(item, items);
        return typeof item === "string" ? walked : [walked];
      });
    }
    if (typeof value !== "object" || value === null) return value;
    const its = branches.filter((branch) => isOf(branch, value as Record<string, unknown>));
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const walked = walk(
          inner,
          its.flatMap(({ properties }) => properties?.[key] ?? []),
        );
        return [key, typeof inner === "string" && Array.isArray(walked) ? (walked as unknown[])[0] : walked];
      }),
    );
  };
  return walk(config, [jsonSchemaOf(configSchema(kind))]);
}

/** Whether a value can be of a branch of a union: what one says of itself, such as its type, tells branches apart. */
const isOf = ({ properties = {} }: JsonSchema, value: Record<string, unknown>): boolean =>
  Object.entries(properties).every(
    ([key, { const: fixed }]) => fixed === undefined || !(key in value) || fixed === value[key],
  );
