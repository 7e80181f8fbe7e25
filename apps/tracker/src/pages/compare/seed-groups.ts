/** Settings in which runs of one study differ although they are not what the study compares. */
const NOT_TRIED = new Set(["seed", "seeds", "output"]);

interface Seeded {
  id: string;
  name: string;
  kind: string;
  config: unknown;
}

export interface SeedGroup<Run extends Seeded> {
  name: string;
  runs: Run[];
}

/** Runs that differ in nothing but their seeds belong together. */
export function seedGroups<Run extends Seeded>(runs: readonly Run[]): SeedGroup<Run>[] {
  const groups = Map.groupBy(runs, ({ kind, config }) => `${kind} ${canonical(config)}`);
  return [...groups.values()].map((members) => ({ name: commonName(members.map(({ name }) => name)), runs: members }));
}

/** JSON with sorted keys, without those settings. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([key]) => !NOT_TRIED.has(key))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}

/** uniarm/0/train and uniarm/1/train: uniarm/*\/train. */
function commonName(names: readonly string[]): string {
  const [first = "", ...others] = names;
  if (others.every((name) => name === first)) return first;
  const shortest = Math.min(...names.map(({ length }) => length));
  let head = 0;
  while (head < shortest && others.every((name) => name[head] === first[head])) head += 1;
  let tail = 0;
  while (tail < shortest - head && others.every((name) => name.at(-1 - tail) === first.at(-1 - tail))) tail += 1;
  return `${first.slice(0, head)}*${tail > 0 ? first.slice(-tail) : ""}`;
}
