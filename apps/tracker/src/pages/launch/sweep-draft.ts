import {
  MOST_SWEPT,
  pathText,
  readConfig,
  settingSteps,
  SweepSearch,
  sweptCount,
  sweptRuns,
  sweptValues,
  type LaunchKind,
  type Problem,
  type SweepConfig,
} from "@uniarm/pipeline/schema";

/** What varies, as typed. */
export interface SweepDraft {
  type: SweepSearch["type"];
  fields: readonly { path: string; values: string }[];
  /** of draws */
  runs: string;
  seed: string;
  /** of a list: JSON objects, one a line */
  lines: string;
  parallel: string;
}

export const EMPTY_SWEEP: SweepDraft = {
  type: "grid",
  fields: [{ path: "", values: "" }],
  runs: "20",
  seed: "0",
  lines: "",
  parallel: "4",
};

/** All runs of a sweep fail alike: so many are checked while one types; the server checks each. */
const CHECKED = 8;

/** What the draft asks for, or a sentence about what is missing. */
export function searchOf({ type, fields, runs, seed, lines }: SweepDraft): SweepSearch | string {
  if (type === "list") {
    try {
      const settings = lines
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as unknown);
      return parsed({ type, settings });
    } catch {
      return 'Write a JSON object a line, such as {"optimizer.learningRate": 0.001, "seed": 1}.';
    }
  }
  const named = fields.filter(({ path }) => path.trim() !== "");
  if (named.length === 0) return "Name a setting that varies.";
  const empty = named.find(({ values }) => values.trim() === "");
  if (empty) return `Give ${empty.path} values, with commas between them.`;
  const values = Object.fromEntries(named.map((one) => [one.path.trim(), sweptValues(one.values)]));
  if (type === "random") return parsed({ type, fields: values, runs: Number(runs), seed: Number(seed) });
  const range = Object.entries(values).find(([, one]) => !Array.isArray(one));
  if (range) return `${range[0]} is a range, which has no combinations: list its values, or draw at random.`;
  return parsed({ type, fields: values });
}

function parsed(search: unknown): SweepSearch | string {
  const { data, error } = SweepSearch.safeParse(search);
  if (data) return data;
  const [issue] = error.issues;
  return `${issue!.path.map(String).join(" ")}: ${issue!.message}`;
}

/** How many runs it comes to, or what keeps it from being launched. */
export function runsOf(draft: SweepDraft): number | string {
  const search = searchOf(draft);
  if (typeof search === "string") return search;
  const count = sweptCount(search);
  if (count > MOST_SWEPT)
    return `It comes to ${count} runs, and may come to ${MOST_SWEPT}: leave out values, or draw at random.`;
  const parallel = Number(draft.parallel);
  return Number.isInteger(parallel) && parallel >= 1 && parallel <= MOST_SWEPT
    ? count
    : `At once: a whole number from 1 to ${MOST_SWEPT}.`;
}

/** What does not fit in the config; of a sweep, in the configs of its runs. */
export function problemsOf(kind: LaunchKind, config: unknown, draft: SweepDraft | null): readonly Problem[] {
  if (draft === null) return readConfig(kind, config).problems;
  const count = runsOf(draft);
  if (typeof count === "string") return [{ path: ["sweep"], at: "sweep", message: count }];
  const search = searchOf(draft) as SweepSearch;
  const base = (config ?? {}) as Record<string, unknown>;
  const found = sweptRuns({ base, search })
    .slice(0, CHECKED)
    .flatMap(({ name, settings, config: own }) => {
      const varied = new Set(Object.keys(settings).map((path) => settingSteps(path)!.join(".")));
      return readConfig(kind, own).problems.map((problem) =>
        varied.has(problem.path.join(".")) ? { ...problem, message: `${problem.message} (${name})` } : problem,
      );
    });
  return [...new Map(found.map((problem) => [problem.at, problem])).values()];
}

/** The launch that it becomes. */
export function sweptLaunch(kind: LaunchKind, base: Record<string, unknown>, draft: SweepDraft) {
  const config = { kind, base, search: searchOf(draft), parallel: Number(draft.parallel) };
  return { kind: "sweep" as const, config };
}

/** A sweep as one would have typed it. */
export function draftOf({ search, parallel }: SweepConfig): SweepDraft {
  const common = { ...EMPTY_SWEEP, type: search.type, parallel: String(parallel) };
  if (search.type === "list") return { ...common, lines: search.settings.map((one) => JSON.stringify(one)).join("\n") };
  const fields = Object.entries(search.fields).map(([path, from]) => ({
    path: pathText(settingSteps(path)!.map((step) => (/^\d+$/.test(step) ? Number(step) : step))),
    values: Array.isArray(from)
      ? from.map((value) => JSON.stringify(value)).join(", ")
      : `${from.from}..${from.to}${from.scale === "log" ? ":log" : ""}`,
  }));
  if (search.type === "grid") return { ...common, fields };
  return { ...common, fields, runs: String(search.runs), seed: String(search.seed) };
}
