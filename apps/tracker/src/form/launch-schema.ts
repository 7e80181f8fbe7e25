import type { JsonSchema } from "./json-schema.ts";
import { withValue } from "./path.ts";
import { DECIDED, DECIDED_OF_ARMS, type LaunchKind } from "./validate.ts";

/** What a launch of a kind asks for: without what the server decides; an experiment's arms with the settings of `train`. */
export function launchSchema(kind: LaunchKind, schema: JsonSchema, train: JsonSchema): JsonSchema {
  if (kind !== "experiment") return without(schema, Object.keys(DECIDED[kind] ?? {}));
  const path = ["properties", "arms", "items", "properties", "training"];
  const training = {
    ...without(train, DECIDED_OF_ARMS),
    required: [],
    default: {},
    description: "how its reward model is trained; the experiment gives model, pairs, objectives and seed",
  };
  return withValue(schema, path, training) as JsonSchema;
}

const without = ({ properties = {}, required = [], ...schema }: JsonSchema, names: readonly string[]): JsonSchema => ({
  ...schema,
  properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name))),
  required: required.filter((name) => !names.includes(name)),
});
