import { createRandom, Seed } from "@uniarm/core/schema";
import { z } from "zod";
import { settingSteps, withSetting } from "./with-setting.ts";

/** More are no sweep that anybody looks through: draw some at random. */
export const MOST_SWEPT = 500;

/** Kinds that a sweep runs: all that are launched but the playground and sweeps themselves. */
export const SweptKind = z.enum([
  "study",
  "train",
  "decode",
  "score",
  "evaluate",
  "choose",
  "judge",
  "compare",
  "pairs",
  "sleep",
]);
export type SweptKind = z.infer<typeof SweptKind>;

const SettingPath = z
  .string()
  .max(300)
  .refine((path) => settingSteps(path) !== null, "a setting's path, such as optimizer.learningRate or methods[0].name");
const Values = z.array(z.json()).min(1).max(MOST_SWEPT).describe("values to try");
const Range = z
  .strictObject({
    from: z.number().describe("the smallest that is drawn"),
    to: z.number().describe("the largest that is drawn"),
    scale: z.enum(["linear", "log"]).default("linear").describe("log: every factor of ten is as likely as any other"),
    whole: z.boolean().default(false).describe("whole numbers only"),
  })
  .refine(({ from, to }) => from < to, "from has to be less than to")
  .refine(({ from, scale }) => scale === "linear" || from > 0, "a log scale has only numbers above 0");
export type SweptRange = z.infer<typeof Range>;

const fields = <Value extends z.ZodType>(value: Value) =>
  z
    .record(SettingPath, value)
    .refine((record) => Object.keys(record).length > 0, "at least one setting has to vary")
    .describe("by the path of the setting");

/** Which settings the runs of a sweep have. */
export const SweepSearch = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("grid"), fields: fields(Values) }),
  z.strictObject({
    type: z.literal("random"),
    fields: fields(z.union([Values, Range])),
    runs: z.int().min(1).max(MOST_SWEPT).describe("how many are drawn"),
    seed: Seed,
  }),
  z.strictObject({
    type: z.literal("list"),
    settings: z
      .array(z.record(SettingPath, z.json()))
      .min(1)
      .max(MOST_SWEPT)
      .describe("of each run, by the paths of the settings"),
  }),
]);
export type SweepSearch = z.infer<typeof SweepSearch>;

/** The same run with several settings: a parent whose children differ in them. */
export const SweepConfig = z.strictObject({
  kind: SweptKind.describe("of the runs"),
  base: z.record(z.string(), z.unknown()).default({}).describe("config of the runs, but for what varies"),
  search: SweepSearch.describe("grid: every combination; random: draws; list: as they are written"),
  parallel: z.int().min(1).max(MOST_SWEPT).default(4).describe("runs that are queued or at work at once"),
});
export type SweepConfig = z.infer<typeof SweepConfig>;

/** One run of a sweep: what it has of its own. */
export interface SweptRun {
  name: string;
  /** by path */
  settings: Record<string, unknown>;
  config: Record<string, unknown>;
}

/** How many runs a search comes to; it may be more than there may be. */
export function sweptCount(search: SweepSearch): number {
  if (search.type === "random") return search.runs;
  if (search.type === "list") return search.settings.length;
  return Object.values(search.fields).reduce((product, values) => product * values.length, 1);
}

/** The settings that vary, in their order. */
export const sweptFields = (search: SweepSearch): string[] =>
  search.type === "list"
    ? [...new Set(search.settings.flatMap((one) => Object.keys(one)))]
    : Object.keys(search.fields);

/** The runs of a sweep; the same config and seed give the same. */
export function sweptRuns({ base, search }: Pick<SweepConfig, "base" | "search">): SweptRun[] {
  const names = shortNames(sweptFields(search));
  const runs = settingsOf(search).map((settings) => ({
    settings,
    name: nameOf(settings, names),
    config: Object.entries(settings).reduce(
      (config, [path, value]) => withSetting(config, settingSteps(path)!, value) as Record<string, unknown>,
      base,
    ),
  }));
  const isTwice = new Set(runs.map(({ name }) => name)).size < runs.length;
  return isTwice ? runs.map((run, index) => ({ ...run, name: `${index + 1}: ${run.name}`.slice(0, 200) })) : runs;
}

function settingsOf(search: SweepSearch): Record<string, unknown>[] {
  if (search.type === "list") return search.settings;
  if (search.type === "grid")
    return Object.entries(search.fields).reduce<Record<string, unknown>[]>(
      (before, [path, values]) => before.flatMap((one) => values.map((value) => ({ ...one, [path]: value }))),
      [{}],
    );
  const random = createRandom(search.seed).fork("sweep");
  const streams = Object.entries(search.fields).map(([path, from]) => ({ path, from, stream: random.fork(path) }));
  return Array.from({ length: search.runs }, () =>
    Object.fromEntries(
      streams.map(({ path, from, stream }) => [
        path,
        Array.isArray(from) ? from[stream.integer(from.length)] : drawn(from, stream.uniform()),
      ]),
    ),
  );
}

/** The number at a share of the way through a range, to six digits: names and configs are read by people. */
function drawn({ from, to, scale, whole }: SweptRange, share: number): number {
  const upTo = whole ? to + 1 : to;
  const at = scale === "log" ? from * (upTo / from) ** share : from + (upTo - from) * share;
  return whole ? Math.min(Math.floor(at), Math.floor(to)) : Number(at.toPrecision(6));
}

/** The last part of a path, where it alone says which setting is meant. */
function shortNames(paths: readonly string[]): Map<string, string> {
  const last = (path: string): string => settingSteps(path)!.at(-1)!;
  return new Map(
    paths.map((path) => [
      path,
      paths.some((other) => other !== path && last(other) === last(path)) ? path : last(path),
    ]),
  );
}

const nameOf = (settings: Record<string, unknown>, names: ReadonlyMap<string, string>): string =>
  Object.entries(settings)
    .map(([path, value]) => `${names.get(path)!}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ")
    .slice(0, 190) || "as it is";
