import { LIMITS } from "@uniarm/core/schema";
import { X_AXES } from "../charts/x-axis.ts";
import * as z from "zod/mini"; // every page loads this: the small form leaves the rest of zod to the pages that need it

/**
 * What stands in the URL of each page. A value that cannot be read becomes its default: an old link still opens.
 * Lists are written with commas between their items; an item that has one stands in quotes. A list that is
 * too long for an address is kept by the server, and stands here by its id: `runsIn` for `runs`.
 */
const lenient = <Schema extends z.ZodMiniType>(schema: Schema) => z.catch(z.optional(schema), undefined);
const text = (most: number) => lenient(z.string().check(z.maxLength(most)));
/** From a URL as text, from a page as a number. Nothing is no number. */
const numberText = z.pipe(z.union([z.number(), z.string().check(z.regex(/\S/))]), z.transform(Number));
const number = (least: number, most: number) =>
  lenient(z.pipe(numberText, z.number().check(z.gte(least), z.lte(most))));
const whole = (least: number, most: number) =>
  lenient(z.pipe(numberText, z.number().check(z.multipleOf(1), z.gte(least), z.lte(most))));
const step = whole(0, Number.MAX_SAFE_INTEGER);
const flag = lenient(
  z.pipe(
    z.union([z.boolean(), z.enum(["true", "false", "1", "0"])]),
    z.transform((value) => value === true || value === "true" || value === "1"),
  ),
);
const choice = <const Values extends readonly [string, ...string[]]>(values: Values) => lenient(z.enum(values));

export const DEFAULT_PROJECT = "default";
/** Of every page. */
export const RootSearch = z.object({
  project: z.catch(z._default(z.string().check(z.minLength(1), z.maxLength(100)), DEFAULT_PROJECT), DEFAULT_PROJECT),
});

export const LoginSearch = z.object({ to: text(4000) });

export const LaunchSearch = z.object({
  kind: text(40),
  template: text(100),
  /** run that is taken as the start */
  clone: text(40),
  view: choice(["form", "json", "changes"]),
});

export const RUN_GROUPS = ["none", "group", "kind", "state"] as const;
export const RunsSearch = z.object({
  filter: text(LIMITS.filter),
  sort: text(300),
  columns: text(8000),
  columnsIn: text(40),
  /** of columns that the reader has resized: state:180 */
  widths: text(8000),
  widthsIn: text(40),
  group: choice(RUN_GROUPS),
  archived: flag,
  /** also the runs inside of studies, as rows of their own */
  children: flag,
  /** ids of studies whose runs are shown below them */
  open: text(8000),
  openIn: text(40),
  /** curves beside the table */
  charts: flag,
  /** metrics that they show */
  keys: text(8000),
  keysIn: text(40),
});
export type RunsSearch = z.infer<typeof RunsSearch>;

export const RUN_TABS = ["overview", "metrics", "config", "logs", "files", "events", "notes"] as const;
export const RunSearch = z.object({
  tab: choice(RUN_TABS),
  keys: text(8000),
  keysIn: text(40),
  /** sections of metrics that are folded */
  folded: text(8000),
  x: choice(X_AXES),
  /** all chosen metrics in one chart */
  together: flag,
  smooth: number(0, 0.99),
  log: flag,
  from: step,
  to: step,
  /** limits of charts: a list of `0.5..2 loss` */
  y: text(8000),
  /** the part of it whose log is shown */
  of: text(40),
  search: text(200),
});
export type RunSearch = z.infer<typeof RunSearch>;

export const COMPARE_VIEWS = ["charts", "config", "summary", "parallel", "importance"] as const;
export const CompareSearch = z.object({
  /** ids of runs */
  runs: text(8000),
  runsIn: text(40),
  /** of these, the ones that charts leave out */
  hide: text(8000),
  hideIn: text(40),
  baseline: text(40),
  keys: text(8000),
  keysIn: text(40),
  /** sections of metrics that are folded */
  folded: text(8000),
  view: choice(COMPARE_VIEWS),
  x: choice(X_AXES),
  /** the part of x that charts show */
  from: number(-Number.MAX_VALUE, Number.MAX_VALUE),
  to: number(-Number.MAX_VALUE, Number.MAX_VALUE),
  smooth: number(0, 0.99),
  log: flag,
  /** limits of charts: a list of `0.5..2 loss` */
  y: text(8000),
  /** what a metric's history is summed up as */
  stat: choice(["last", "min", "max"]),
  /** runs that differ in nothing but their seeds as one line */
  seeds: flag,
});
export type CompareSearch = z.infer<typeof CompareSearch>;

/** What the explorer of fronts shows. */
const explorer = {
  /** the pair of objectives that is shown: "0,1" */
  axes: text(40),
  view: choice(["pairs", "parallel"]),
  /** parts that are not drawn: volume, intervals, optimum, path */
  hide: text(100),
  /** the point whose answers are open: position in its front */
  point: step,
  /** the front that has it, and whose points are listed; the first where none is named */
  front: text(40),
  /** what colours the triangle: number of an objective */
  by: step,
};
export const FrontsSearch = z.object({
  /** ids of fronts that are overlaid */
  ids: text(8000),
  idsIn: text(40),
  /** ids of fronts that are chosen in the list */
  chosen: text(8000),
  chosenIn: text(40),
  protocol: text(64),
  method: text(64),
  run: text(40),
  ...explorer,
});
export type FrontsSearch = z.infer<typeof FrontsSearch>;
export const FrontSearch = z.object(explorer);
export type FrontSearch = z.infer<typeof FrontSearch>;

export const PlaygroundSearch = z.object({
  /** ARM: id of a checkpoint, or of a run that has one; "none": the base model alone */
  checkpoint: text(100),
  /** base model; the ARM's own where none is named */
  model: text(1000),
  prompt: text(2000),
  /** preference vectors: entries with commas, vectors with semicolons */
  preferences: text(400),
  /** also the base model's own answer */
  base: flag,
  strength: number(0, 100),
  /** rule of fusion, where the checkpoint's method has several */
  fusion: text(40),
  temperature: number(0, 10),
  tokens: whole(1, 4096),
  seed: step,
  /** objective that the sweep runs along */
  sweep: step,
});
export type PlaygroundSearch = z.infer<typeof PlaygroundSearch>;

export const SETTINGS_TABS = ["keys", "storage", "health", "models", "datasets", "webhooks", "audit", "about"] as const;
export const SettingsSearch = z.object({ tab: choice(SETTINGS_TABS) });
