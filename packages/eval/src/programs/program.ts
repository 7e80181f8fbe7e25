import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { UniArmError, type ProgramConfig, type ScoringRequest } from "@uniarm/core/schema";
import { z } from "zod";
import { converse, type Conversation } from "./conversation.ts";
import { programKey } from "./program-key.ts";
import { shippedModule } from "./shipped-module.ts";

const CHILD = join(import.meta.dirname, `module-child${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`);
const SHOWN = 200;

const Answer = z.object({ id: z.unknown(), scores: z.array(z.unknown()).optional(), error: z.string().optional() });

export interface Program {
  key: string;
  batchRows: number;
  objectives: ProgramConfig["objectives"];
  /** Numbers of each request, in the order of the objectives. @throws UniArmError scorer-program-failed, -answer, -timeout, -stopped */
  score: (batch: readonly ScoringRequest[]) => Promise<number[][]>;
  close: () => Promise<void>;
}

/**
 * A program that is started when the first response is to be scored, and ended where it fails.
 * @throws UniArmError scorer-program-missing where it is a module and there is no such file
 */
export function openProgram(config: ProgramConfig, signal?: AbortSignal): Program {
  const { objectives, batchRows, timeoutMs } = config;
  const names = objectives.map(({ name }) => name);
  assertModule(config);
  let conversation: Conversation | null = null;
  let id = 0;

  const refuse = async (batch: readonly ScoringRequest[], code: string, what: string): Promise<never> => {
    const errors = await conversation?.abandon();
    conversation = null;
    throw new UniArmError(code, sentence(config, { id, batch, what, errors: errors ?? "" }));
  };
  return {
    key: programKey(config),
    batchRows,
    objectives,
    close: async () => {
      await conversation?.close();
      conversation = null;
    },
    score: async (batch) => {
      conversation ??= start(config, signal);
      id += 1;
      const rows = batch.map(({ prompt, messages, response }) => ({ prompt, ...(messages && { messages }), response }));
      const reply = await conversation.ask(JSON.stringify({ id, objectives: names, rows }), timeoutMs);
      if (reply.type === "failed") {
        if (reply.why === "stopped") return refuse(batch, "scorer-program-stopped", "was stopped");
        if (reply.why === "ended") return refuse(batch, "scorer-program-failed", reply.how);
        return refuse(batch, "scorer-program-timeout", `gave no answer within timeoutMs = ${timeoutMs}`);
      }
      const read = readAnswer(reply.line, id, batch.length, names);
      if ("scores" in read) return read.scores;
      return refuse(batch, read.failed ? "scorer-program-failed" : "scorer-program-answer", read.what);
    },
  };
}

function start(config: ProgramConfig, signal: AbortSignal | undefined): Conversation {
  const { command, folder, memoryMb } = config;
  const module = moduleOf(config);
  if (module === undefined) return converse(command!, { folder, addressSpaceMb: memoryMb, signal });
  const heap = memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
  const node = [process.execPath, ...heap, CHILD, module];
  return converse(node, { folder, addressSpaceMb: undefined, signal });
}

const moduleOf = ({ module, shipped, folder }: ProgramConfig): string | undefined =>
  shipped === undefined ? module && resolve(folder, module) : shippedModule(shipped);

function assertModule(config: ProgramConfig): void {
  const path = moduleOf(config);
  if (path === undefined || existsSync(path)) return;
  throw new UniArmError(
    "scorer-program-missing",
    `There is no module ${path}, which is to score ${namesOf(config)}. Expected an ES module that exports a function score: its path, \`module\`, counts from the program's folder, ${resolve(config.folder)}.`,
  );
}

type Read = { scores: number[][] } | { failed: boolean; what: string };

function readAnswer(line: string, id: number, count: number, names: readonly string[]): Read {
  const wrong = (what: string): Read => ({ failed: false, what });
  const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line;
  let answer: z.infer<typeof Answer>;
  try {
    answer = Answer.parse(JSON.parse(line));
  } catch {
    return wrong(`wrote the line ${JSON.stringify(shown)}`);
  }
  if (answer.id !== id) return wrong(`answered with id ${JSON.stringify(answer.id)} in place of ${id}`);
  if (answer.error !== undefined) return { failed: true, what: `answered with the error "${answer.error}"` };
  const { scores } = answer;
  if (scores === undefined) return wrong(`wrote the line ${JSON.stringify(shown)}`);
  if (scores.length !== count) return wrong(`gave ${scores.length} scores for ${count} responses`);
  const rows: number[][] = [];
  for (const [index, score] of scores.entries()) {
    const row: unknown[] = names.length === 1 && !Array.isArray(score) ? [score] : Array.isArray(score) ? score : [];
    if (row.length !== names.length || !row.every((value) => typeof value === "number" && Number.isFinite(value)))
      return wrong(`gave ${JSON.stringify(score)} for response ${index + 1} of ${count}`);
    rows.push(row as number[]);
  }
  return { scores: rows };
}

const namesOf = ({ objectives }: ProgramConfig): string => objectives.map(({ name }) => `"${name}"`).join(", ");

interface Refusal {
  id: number;
  batch: readonly ScoringRequest[];
  what: string;
  errors: string;
}

function sentence(config: ProgramConfig, { id, batch, what, errors }: Refusal): string {
  const first = batch[0]!;
  const begins =
    first.promptId === undefined ? `prompt ${JSON.stringify(first.prompt.slice(0, 60))}` : `prompt "${first.promptId}"`;
  const one =
    config.objectives.length === 1 ? "a finite number" : `a list of ${config.objectives.length} finite numbers`;
  return (
    `The program that scores ${namesOf(config)} (${config.shipped ?? config.module ?? config.command!.join(" ")}) ${what}, in the batch of ${batch.length} that begins with ${begins}. ` +
    `Expected one line {"id": ${id}, "scores": [...]} with ${one} for each of its ${batch.length} responses. ` +
    `The batches before it are kept: the same command continues there. ` +
    (errors === "" ? "It wrote nothing on standard error." : `Its last lines on standard error:\n${lastLines(errors)}`)
  );
}

/** Node tells of a full heap before some twenty lines of its own stack. */
const LINES = 30;
const lastLines = (text: string): string =>
  text
    .split("\n")
    .slice(-LINES)
    .map((line) => `  ${line}`)
    .join("\n");
