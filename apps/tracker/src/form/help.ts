import type { JsonSchema } from "./json-schema.ts";

/** The sentence of a schema, as a sentence. */
export const helpOf = ({ description }: JsonSchema): string =>
  description === undefined
    ? ""
    : `${description.charAt(0).toUpperCase()}${description.slice(1)}.`.replace(/\.\.$/, ".");
