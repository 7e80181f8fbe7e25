import { AdapterConfig, Method, methodOf, readsDescriptions, type ObjectiveList } from "@uniarm/core/schema";
import { tinyWorldObjectives } from "@uniarm/tiny-world/schema";
import type { StudyConfig, StudyMethod } from "./study.ts";

/** The objectives that a method's ARMs are trained on: the study's, with the descriptions that the method has of its own. */
export function objectivesOf({ task }: Pick<StudyConfig, "task">, { descriptions = {} }: StudyMethod): ObjectiveList {
  return taskObjectives(task).map((objective) => ({
    ...objective,
    description: descriptions[objective.name] ?? objective.description,
  }));
}

/** Why the descriptions of a method would have no effect, or are of no objective; null where they are fine. */
export function descriptionProblem({ task }: Pick<StudyConfig, "task">, method: StudyMethod): string | null {
  const { descriptions } = method;
  if (!descriptions) return null;
  const objectives = taskObjectives(task);
  const names: readonly string[] = objectives.map(({ name }) => name);
  const unknown = Object.keys(descriptions).filter((name) => !names.includes(name));
  if (unknown.length > 0) return `${unknown.join(", ")} is no objective of the study; it has ${names.join(", ")}`;
  if (objectives.every(({ name, description }) => (descriptions[name] ?? description) === description))
    return "these are the study's own descriptions: they would change nothing";
  const trained = Method.default("uniarm").safeParse(method.training.method).data;
  const adapter = trained && adapterOf(trained, method.training.adapter);
  if (!adapter || readsDescriptions(adapter)) return null; // what is no method or adapter is refused by its own schema
  return adapter.kind === "moslora"
    ? `objectiveEmbedding ${adapter.objectiveEmbedding} reads no descriptions: they would have no effect`
    : `${trained} reads no descriptions: they would have no effect`;
}

const adapterOf = (method: Method, given: unknown): AdapterConfig | undefined =>
  AdapterConfig.safeParse(given ?? { kind: methodOf(method).adapter }).data;

const taskObjectives = (task: StudyConfig["task"]): ObjectiveList =>
  task.type === "files" ? task.objectives : tinyWorldObjectives(task.objectives);
