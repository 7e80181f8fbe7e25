import { UniArmError } from "./error.ts";
import type { Message } from "./message.ts";
import type { Objective } from "./objective.ts";

/** A response to be scored, with the prompt that it answers. */
export interface ScoringRequest {
  prompt: string;
  /** the turns of a prompt that has several; scorers that know turns read these in place of `prompt` */
  messages?: readonly Message[] | undefined;
  response: string;
  /** of its prompt: how errors name it */
  promptId?: string | undefined;
}

/**
 * Judges finished responses: raw rewards by objective name, in the direction of each objective (a cost stays a cost), one
 * record per request, in order.
 */
export type Scorer = (requests: ScoringRequest[]) => Promise<Record<string, number>[]>;

/** A raw reward as one of which larger is better. Directions are turned here and nowhere else. */
export const largerIsBetter = (raw: number, direction: Objective["direction"]): number =>
  direction === "minimize" ? 0 - raw : raw; // 0 - 0 is 0, where -0 would not be

/**
 * Rewards of which larger is better, in the order of the objectives. A scorer may name more objectives than are asked for;
 * the others are left out.
 * @param nameOf how an error names the response of a request
 * @throws UniArmError scorer-count, scorer-objective-missing, scorer-not-finite
 */
export async function askScorer(
  scorer: Scorer,
  requests: ScoringRequest[],
  objectives: readonly Pick<Objective, "name" | "direction">[],
  nameOf: (index: number) => string,
): Promise<Record<string, number>[]> {
  const answers = await scorer(requests);
  if (answers.length !== requests.length) {
    throw new UniArmError(
      "scorer-count",
      `The scorer was given ${requests.length} responses and gave ${answers.length} records of rewards; it must give one per response, in order.`,
    );
  }
  return answers.map((raw, index) =>
    Object.fromEntries(
      objectives.map(({ name, direction }) => {
        const value = raw[name];
        if (value === undefined) {
          throw new UniArmError(
            "scorer-objective-missing",
            `The scorer gave no "${name}" for ${nameOf(index)}: it named [${Object.keys(raw).join(", ")}]. ` +
              `It must name every objective: [${objectives.map((objective) => objective.name).join(", ")}].`,
          );
        }
        if (!Number.isFinite(value)) {
          throw new UniArmError(
            "scorer-not-finite",
            `The scorer gave ${name} = ${value} for ${nameOf(index)}; rewards must be finite numbers.`,
          );
        }
        return [name, largerIsBetter(value, direction)];
      }),
    ),
  );
}
