/** The programs of one's own that a config scores with, wherever in it they are named: what each runs, in words. */
export function scoringPrograms(config: unknown): string[] {
  if (Array.isArray(config)) return config.flatMap(scoringPrograms);
  if (typeof config !== "object" || config === null) return [];
  const inner = Object.values(config).flatMap(scoringPrograms);
  if (!("programs" in config) || !Array.isArray(config.programs)) return inner;
  const named = (config.programs as { command?: string[]; module?: string; shipped?: string }[])
    .filter(({ shipped }) => shipped === undefined)
    .map(({ command, module }) => module ?? command?.join(" ") ?? "a program");
  return [...named, ...inner];
}
