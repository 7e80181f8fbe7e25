import { Method, methodOf } from "@uniarm/core/schema";
import type { StudyConfig, StudyMethod } from "./study.ts";

const OF_A_METHOD = "method:";

/** The method of the study whose policies give another one its margins, by the name in its marginFrom; null: none is named. */
export function marginMethodOf({ methods }: Pick<StudyConfig, "methods">, method: StudyMethod): StudyMethod | null {
  const name = nameIn(method);
  if (name === null || !takesMargins(method)) return null;
  return methods.find((other) => other.name === name && givesMargins(other)) ?? null;
}

/** Why the marginFrom of a method names no method of the study that could give margins; null where it does, or names none. */
export function marginProblem({ methods }: Pick<StudyConfig, "methods">, method: StudyMethod): string | null {
  const name = nameIn(method);
  if (name === null || !takesMargins(method)) return null; // what takes none is refused by its own schema
  const found = methods.find((other) => other.name === name);
  if (found && givesMargins(found)) return null;
  const given = methods.filter(givesMargins).map((other) => other.name);
  const known = given.length > 0 ? `name one of ${given.join(", ")}` : "add a method that trains dpo to the study";
  if (!found) return `the study has no method ${name}: ${known}`;
  return `${name} trains ${trainedBy(found) ?? "no method"}, but margins come from dpo: ${known}`;
}

const nameIn = ({ training: { marginFrom } }: StudyMethod): string | null =>
  typeof marginFrom === "string" && marginFrom.startsWith(OF_A_METHOD) ? marginFrom.slice(OF_A_METHOD.length) : null;

/** How the method is trained; null where that is no method, which the schema of training refuses. */
const trainedBy = ({ training }: StudyMethod): Method | null =>
  Method.default("uniarm").safeParse(training.method).data ?? null;
const takesMargins = (method: StudyMethod): boolean => {
  const trained = trainedBy(method);
  return trained !== null && methodOf(trained).arms === "per-weights";
};
const givesMargins = (method: StudyMethod): boolean => trainedBy(method) === "dpo";
