import { isRecord } from "./is-record.ts";
import type { JsonSchema } from "./json-schema.ts";

export type Plain = string | number | boolean;

/** One setting of a group. */
export interface Field {
  name: string;
  schema: JsonSchema;
  required: boolean;
}

/** One of several forms that a value can have. */
export interface Variant {
  name: string;
  schema: JsonSchema;
  fits: (value: unknown) => boolean;
  /** what it begins with */
  start: unknown;
}

/** What a value is set with. */
export type Control =
  | { type: "choice"; options: readonly Plain[] }
  | { type: "flag" }
  | { type: "number"; integer: boolean }
  | { type: "text" }
  | { type: "fixed"; value: unknown }
  | { type: "group"; fields: readonly Field[] }
  | { type: "record"; item: JsonSchema }
  | { type: "choices"; options: readonly Plain[] }
  | { type: "values"; item: JsonSchema }
  | { type: "list"; item: JsonSchema }
  | { type: "variants"; variants: readonly Variant[] }
  | { type: "json" };

/** The control of a schema; "json" where nothing is known of the value. */
export function controlOf(schema: JsonSchema): Control {
  if (schema.const !== undefined) return { type: "fixed", value: schema.const };
  if (schema.enum) return { type: "choice", options: schema.enum.filter(isPlain) };
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches) {
    if (branches.every((branch) => isPlain(branch.const)))
      return { type: "choice", options: branches.map((branch) => branch.const as Plain) };
    return { type: "variants", variants: branches.map(variantOf) };
  }
  if (schema.type === "boolean") return { type: "flag" };
  if (schema.type === "integer" || schema.type === "number")
    return { type: "number", integer: schema.type === "integer" };
  if (schema.type === "string") return { type: "text" };
  if (schema.type === "array") return listControl(typeof schema.items === "object" ? schema.items : {});
  if (schema.properties) return { type: "group", fields: fieldsOf(schema) };
  if (schema.type === "object")
    return typeof schema.additionalProperties === "object" && Object.keys(schema.additionalProperties).length > 0
      ? { type: "record", item: schema.additionalProperties }
      : { type: "json" };
  return { type: "json" };
}

function listControl(item: JsonSchema): Control {
  const control = controlOf(item);
  if (control.type === "choice") return { type: "choices", options: control.options };
  return control.type === "number" || control.type === "text" ? { type: "values", item } : { type: "list", item };
}

/** Those that have to be given first, then in the order of the schema, groups last. */
export function fieldsOf({ properties = {}, required = [] }: JsonSchema): Field[] {
  const fields = Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    required: required.includes(name),
  }));
  const weight = ({ schema, required: must }: Field): number => (isLarge(schema) ? 2 : must ? 0 : 1);
  return fields.toSorted((a, b) => weight(a) - weight(b));
}

/** Takes the whole width of a form. */
export function isLarge(schema: JsonSchema): boolean {
  const control = controlOf(schema);
  if (control.type === "variants") return control.variants.some((variant) => isLarge(variant.schema));
  return ["group", "record", "list", "json", "choices"].includes(control.type);
}

/** The setting that tells objects apart, such as "kind" or "type". */
const tagOf = ({ properties = {} }: JsonSchema): [string, unknown] | undefined => {
  const found = Object.entries(properties).find(([, inner]) => inner.const !== undefined);
  return found && [found[0], found[1].const];
};

function variantOf(schema: JsonSchema): Variant {
  const tag = tagOf(schema);
  if (tag)
    return {
      name: String(tag[1]),
      schema,
      start: { [tag[0]]: tag[1] },
      fits: (value) => isRecord(value) && value[tag[0]] === tag[1],
    };
  const control = controlOf(schema);
  switch (control.type) {
    case "number":
      return {
        name: "one number",
        schema,
        start: schema.exclusiveMinimum === undefined ? (schema.minimum ?? 0) : 1,
        fits: (value) => typeof value === "number",
      };
    case "text":
      return { name: "a text", schema, start: "", fits: (value) => typeof value === "string" };
    case "choice":
      return {
        name: "one of these",
        schema,
        start: control.options[0],
        fits: (value) => control.options.includes(value as Plain),
      };
    case "flag":
      return { name: "yes or no", schema, start: false, fits: (value) => typeof value === "boolean" };
    case "values":
    case "choices":
    case "list":
      return { name: "a list", schema, start: [], fits: Array.isArray };
    case "record":
      return { name: "by name", schema, start: {}, fits: isRecord };
    default:
      return { name: "settings", schema, start: {}, fits: isRecord };
  }
}

/** What a new value of a schema begins with. */
export function startOf(schema: JsonSchema): unknown {
  if (schema.default !== undefined) return schema.default;
  const control = controlOf(schema);
  switch (control.type) {
    case "fixed":
      return control.value;
    case "choice":
      return control.options[0];
    case "flag":
      return false;
    case "number":
      return schema.minimum ?? 0;
    case "text":
      return "";
    case "choices":
    case "values":
    case "list":
      return [];
    case "variants":
      return control.variants[0]?.start;
    case "group":
      return Object.fromEntries(
        control.fields.flatMap(({ name, schema: inner, required }) => (required ? [[name, startOf(inner)]] : [])),
      );
    case "record":
    case "json":
      return {};
  }
}

const isPlain = (value: unknown): value is Plain => ["string", "number", "boolean"].includes(typeof value);
