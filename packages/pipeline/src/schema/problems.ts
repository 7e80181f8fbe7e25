import { Method, methodOf } from "@uniarm/core/schema";
import type { z } from "zod";
import { steersAnother, studyGraph, type JobNode } from "./graph.ts";
import { branchesOf, jsonSchemaOf, type JsonSchema } from "./json-schema.ts";
import { configSchema, isRecorded, type JobKind } from "./kinds.ts";
import { nearest } from "./nearest.ts";
import { pathText, type Path } from "./path.ts";
import { referencesIn } from "./references-in.ts";
import {
  DECIDED_BY_STUDY,
  DECODING_DECIDED_BY_STUDY,
  EXPLORATION_DECIDED_BY_STUDY,
  type StudyConfig,
} from "./study.ts";
import { descriptionProblem } from "./study-descriptions.ts";
import { judgingIssues } from "./study-judging.ts";
import { marginProblem } from "./study-margins.ts";
import { strengthIssues } from "./study-strengths.ts";
import { taskIssues } from "./study-task.ts";
import { MOST_SWEPT, sweptCount, sweptRuns, type SweepConfig, type SweptKind } from "./sweep.ts";
import { settingSteps } from "./with-setting.ts";

/** A setting that does not fit. */
export interface Problem {
  path: Path;
  /** the path as text: methods[0].name */
  at: string;
  message: string;
}

/** A config that fits, with its defaults and the jobs that it comes to; or what does not fit. */
export type Parsed =
  { config: unknown; nodes: JobNode[]; children: PlannedRun[]; problems: [] } | { problems: [Problem, ...Problem[]] };

/** A run of a sweep, with its parsed config. */
export interface PlannedRun {
  name: string;
  kind: SweptKind;
  config: unknown;
}

/** What settings were called before. */
const RENAMED: Partial<Record<JobKind, Record<string, string>>> = { study: { arms: "methods" } };

/** Reads a config by its kind's schema; of a study also the config of every job of its graph, producers before consumers. */
export function readConfig(kind: JobKind, given: unknown): Parsed {
  const parsed = configSchema(kind).safeParse(given);
  if (!parsed.success) return { problems: asProblems(problemsIn(kind, parsed.error.issues)) };
  const config = parsed.data;
  if (isRecorded(kind)) return { config, nodes: [], children: [], problems: [] };
  if (kind === "sweep") return readSweep(config as SweepConfig);
  if (kind !== "study")
    return { config, nodes: [{ name: kind, kind, config, inputs: {} }], children: [], problems: [] };
  const problems = [
    ...decidedTwice(config as StudyConfig),
    ...unknownMargins(config as StudyConfig),
    ...idleDescriptions(config as StudyConfig),
    ...policiesOfAnother(config as StudyConfig),
    ...unknownDecodings(config as StudyConfig),
    ...[taskIssues, strengthIssues, judgingIssues].flatMap((issuesOf) =>
      Array.from(issuesOf(config as StudyConfig), ([path, message]) => problem(path, message)),
    ),
  ];
  const nodes = studyGraph(config as StudyConfig).map((node) => {
    const own = configSchema(node.kind).safeParse(node.config);
    if (own.success) {
      problems.push(...unfilledInputs(node, own.data));
      return { ...node, config: own.data };
    }
    problems.push(...problemsIn(node.kind, own.error.issues, node.writtenAt));
    return node;
  });
  const [first, ...others] = distinct(problems);
  return first ? { problems: [first, ...others] } : { config, nodes, children: [], problems: [] };
}

/** Every run of a sweep has to fit by itself; what does not is said of the setting that varies, or of the base. */
function readSweep(config: SweepConfig): Parsed {
  const count = sweptCount(config.search);
  if (count > MOST_SWEPT)
    return {
      problems: [
        problem(
          ["search"],
          `it comes to ${count} runs, and may come to ${MOST_SWEPT}: leave out values, or draw at random`,
        ),
      ],
    };
  const problems: Problem[] = [];
  const children = sweptRuns(config).map(({ name, settings, config: given }) => {
    const read = readConfig(config.kind, given);
    if (!("config" in read)) {
      const varied = new Set(Object.keys(settings).map((path) => settingSteps(path)!.join(".")));
      for (const { path, message } of read.problems)
        problems.push(
          varied.has(path.join("."))
            ? problem(["search", pathText(path)], `${message} (${name})`)
            : problem(["base", ...path], message),
        );
    }
    return { name, kind: config.kind, config: "config" in read ? read.config : given };
  });
  const [first, ...others] = distinct(problems);
  return first ? { problems: [first, ...others] } : { config, nodes: [], children, problems: [] };
}

const asProblems = (problems: Problem[]): [Problem, ...Problem[]] => distinct(problems) as [Problem, ...Problem[]];

/** Seeds and shards repeat what a study says once. */
const distinct = (problems: readonly Problem[]): Problem[] =>
  [...new Map(problems.toReversed().map((problem) => [problem.at, problem])).values()].toReversed();

function decidedTwice({ methods }: StudyConfig): Problem[] {
  const decided = "the study decides it for all methods: leave it out here";
  return methods.flatMap(({ training, decoding = {} }, index) => {
    const { exploration } = training;
    const its = typeof exploration === "object" && exploration !== null ? exploration : {};
    return [
      ...DECIDED_BY_STUDY.filter((key) => key in training).map((key) =>
        problem(["methods", index, "training", key], decided),
      ),
      ...DECODING_DECIDED_BY_STUDY.filter((key) => key in decoding).map((key) =>
        problem(
          ["methods", index, "decoding", key],
          key === "strength" ? "it is a setting of the method itself: write it beside decoding" : decided,
        ),
      ),
      ...EXPLORATION_DECIDED_BY_STUDY.filter((key) => key in its).map((key) =>
        problem(["methods", index, "training", "exploration", key], decided),
      ),
    ];
  });
}

function unknownDecodings(config: StudyConfig): Problem[] {
  const { decodeShardsOf = {} } = config;
  const whole = studyGraph({ ...config, decodeShards: 1, decodeShardsOf: undefined });
  const known = whole.flatMap(({ name, kind }) => (kind === "decode" ? name.replace(/\/decode$/, "") : []));
  return Object.keys(decodeShardsOf).flatMap((name) =>
    known.includes(name)
      ? []
      : problem(["decodeShardsOf", name], `the study decodes nothing of this name: ${known.join(", ")}`),
  );
}

function unknownMargins(config: StudyConfig): Problem[] {
  return config.methods.flatMap((method, index) => {
    const message = marginProblem(config, method);
    return message === null ? [] : problem(["methods", index, "training", "marginFrom"], message);
  });
}

function idleDescriptions(config: StudyConfig): Problem[] {
  return config.methods.flatMap((method, index) => {
    const message = descriptionProblem(config, method);
    return message === null ? [] : problem(["methods", index, "descriptions"], message);
  });
}

/** ARMs steer any model; a policy is the tuned model itself. */
function policiesOfAnother({ model, methods }: StudyConfig): Problem[] {
  return methods.flatMap((method, index) => {
    const trained = Method.default("uniarm").safeParse(method.training.method).data;
    if (!steersAnother(method, model) || !trained) return []; // what is no method is refused by the schema of training
    if (methodOf(trained).trains === "arm") return [];
    const message = `${trained} tunes ${method.armModel!} itself, which steers no other model: leave armModel out`;
    return problem(["methods", index, "armModel"], message);
  });
}

/** A job of a study reads what the graph gives it, and nothing else of other runs. */
function unfilledInputs({ kind, inputs, writtenAt = [] }: JobNode, config: unknown): Problem[] {
  return referencesIn(kind, config).flatMap((reference) =>
    reference.type === "input" && !(reference.name in inputs)
      ? problem(writtenAt, `input:${reference.name} is given by no job of the study: write a path, or dataset:NAME`)
      : [],
  );
}

function problemsIn(kind: JobKind, issues: readonly z.core.$ZodIssue[], before: Path = []): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
    if (issue.code !== "unrecognized_keys") return [problem([...before, ...path], issue.message)];
    const known = keysAt([jsonSchemaOf(configSchema(kind))], path);
    return issue.keys.map((key) =>
      problem([...before, ...path, key], unknownKey(kind, [...before, ...path], key, known)),
    );
  });
}

const problem = (path: Path, message: string): Problem => ({ path, at: pathText(path), message });

function unknownKey(kind: JobKind, path: Path, key: string, known: readonly string[]): string {
  const now = path.length === 0 ? RENAMED[kind]?.[key] : undefined;
  if (now !== undefined) return `it is called ${now} now`;
  const near = nearest(key, known);
  return `there is no such setting${near === null ? "" : `; did you mean ${pathText([...path, near])}?`}`;
}

/** Names of the settings at a path of a schema. */
function keysAt(schemas: readonly JsonSchema[], [first, ...rest]: Path): string[] {
  const branches = schemas.flatMap(branchesOf);
  if (first === undefined) return branches.flatMap(({ properties }) => Object.keys(properties ?? {}));
  const inner = branches.flatMap(({ items, properties }) =>
    typeof first === "number" ? (items ?? []) : (properties?.[first] ?? []),
  );
  return keysAt(inner, rest);
}
