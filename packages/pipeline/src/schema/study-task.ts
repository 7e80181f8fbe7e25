import { scoredNames } from "@uniarm/core/schema";
import type { Path } from "./path.ts";
import type { StudyConfig } from "./study.ts";

/** What does not fit of a task of one's own: an objective that nothing scores is found before anything is trained for it. */
export function* taskIssues({ task }: Pick<StudyConfig, "task">): Generator<[Path, string]> {
  if (task.type !== "files") return;
  const names = task.objectives.map(({ name }) => name);
  const scored = scoredNames(task);
  for (const [index, name] of names.entries())
    if (!scored.includes(name))
      yield [
        ["task", "objectives", index],
        `nothing scores ${name}: add a reward model or a program for it, or leave it out`,
      ];
  const stranger = scored.find((name) => !names.includes(name));
  if (stranger !== undefined)
    yield [["task"], `${stranger} is scored, but the study's objectives are ${names.join(", ")}: leave its scorer out`];
  const { normaliser, referencePoint } = task;
  const lists: [Path, readonly number[]][] = [
    [["task", "normaliser"], normaliser.nadir],
    [["task", "referencePoint"], referencePoint],
  ];
  for (const [path, list] of lists)
    if (list.length !== names.length)
      yield [path, `it is of ${list.length} objectives, and the study has ${names.length}: ${names.join(", ")}`];
}
