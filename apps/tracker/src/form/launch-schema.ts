import { ANSWERING_METHODS } from "@uniarm/core/schema";
import { DECIDED_BY_STUDY, DECODING_DECIDED_BY_STUDY, type LaunchKind } from "@uniarm/pipeline/schema";
import type { JsonSchema } from "./json-schema.ts";
import { withValue } from "./path.ts";

/** Settings of a job that its driver decides. */
const DECIDED: Partial<Record<LaunchKind, readonly string[]>> = { train: ["output"] };
/** A study sets it once for every method. */
const SET_BY_STUDY = ["baseWeights"];

/** What a launch of a kind asks for: without what is decided for it; a study's methods with the settings of `train` and `decode`. */
export function launchSchema(
  kind: LaunchKind,
  schema: JsonSchema,
  { train, decode }: { train: JsonSchema; decode: JsonSchema },
): JsonSchema {
  if (kind !== "study") return without(schema, DECIDED[kind] ?? []);
  const path = ["properties", "methods", "items", "properties"];
  const answering = withValue(train, ["properties", "method", "enum"], ANSWERING_METHODS) as JsonSchema; // a study measures answers
  const training = {
    ...without(answering, [...DECIDED_BY_STUDY, ...SET_BY_STUDY]),
    required: [],
    default: {},
    description: "how its ARM is trained; the study gives model, pairs, objectives and seed",
  };
  const decoding = {
    ...without(decode.properties?.decoding ?? {}, DECODING_DECIDED_BY_STUDY),
    required: [],
    description: "how it is decoded; the study gives everything else",
  };
  const withTraining = withValue(schema, path.concat("training"), training);
  return withValue(withTraining, path.concat("decoding"), decoding) as JsonSchema;
}

const without = ({ properties = {}, required = [], ...schema }: JsonSchema, names: readonly string[]): JsonSchema => ({
  ...schema,
  properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name))),
  required: required.filter((name) => !names.includes(name)),
});
