import { z } from "zod";

/** What the ARMs are given in place of a row's own preference, so that steering can be told from chance. */
export const PreferenceControl = z
  .enum(["none", "shuffled", "fixed", "random"])
  .default("none")
  .describe(
    "control: the ARMs are given another preference than the row's, under which it is still reported; shuffled: those of the run, dealt anew for each prompt and sample; fixed: all objectives alike; random: any, drawn for each row",
  );
export type PreferenceControl = z.infer<typeof PreferenceControl>;

interface Controlled {
  preferenceControl: PreferenceControl;
  checkpoint?: string | undefined;
  coefficients?: readonly unknown[] | undefined;
  preferences?: readonly (readonly number[])[] | undefined;
  strength: number;
}

/** Why a control would do nothing, or could not be done. */
export function* preferenceControlIssues(config: Controlled): Generator<[string, string]> {
  const { preferenceControl: control, preferences = [] } = config;
  if (control === "none") return;
  const issue = (message: string): [string, string] => ["preferenceControl", message];
  if (config.checkpoint === undefined)
    yield issue("a control needs a checkpoint: without one there is no ARM to be given a preference");
  if (config.coefficients)
    yield issue("free coefficients take the place of the preference: a control would not be what ARMs are given");
  if (config.strength === 0) yield issue("at strength 0 the ARM counts nothing, whatever it is given");
  if (control === "shuffled" && preferences.length === 1)
    yield issue("one preference cannot be shuffled: give several");
  const [only] = preferences;
  if (control === "fixed" && preferences.length === 1 && only!.every((entry) => entry === only![0]))
    yield issue("the only preference that is asked for is the fixed one already");
}
