import { createRandom } from "@uniarm/core";
import { UniArmError, type DecodingConfig } from "@uniarm/core/schema";
import { rowKey, type DecodingRow, type Guidance } from "./rows.ts";

/**
 * The rows of a control: each is given another preference than its own, as its prompt, sample and the seed decide, whatever
 * the batch. What is dealt is dealt evenly, own places included: without them what is given would lean away from the row's
 * own, and the control would steer backwards.
 * @param guide how the adapters count at a preference
 * @throws UniArmError preference-control-without-effect when there is one objective alone
 */
export function controlled(
  batches: readonly DecodingRow[][],
  { preferenceControl: control, preferences = [], seed }: DecodingConfig,
  guide: (preference: readonly number[]) => Guidance,
): DecodingRow[][] {
  if (control === "none") return [...batches];
  const count = preferences[0]?.length ?? 0;
  if (count === 1)
    throw new UniArmError(
      "preference-control-without-effect",
      `Preference control ${control} was given, but the checkpoint has one objective: every preference is [1]. Leave it out.`,
    );
  const random = createRandom(seed).fork("preference-control");
  const places = new Map(preferences.map((preference, place) => [JSON.stringify(preference), place]));
  const dealt = new Map<string, readonly (readonly number[])[]>();
  const given = ({ prompt, preference, sample }: DecodingRow): readonly number[] => {
    if (control === "fixed") return new Array<number>(count).fill(1 / count);
    if (control === "random")
      return random.fork(rowKey(prompt.id, preference, sample)).dirichlet(new Array<number>(count).fill(1));
    const key = rowKey(prompt.id, null, sample);
    const all = dealt.get(key) ?? random.fork(key).shuffle(preferences);
    dealt.set(key, all);
    return all[places.get(JSON.stringify(preference))!]!;
  };
  return batches.map((rows) =>
    rows.map((row) => {
      const own = given(row);
      return { ...row, given: own, coefficients: guide(own).coefficients };
    }),
  );
}
