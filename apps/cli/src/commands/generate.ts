import { generate } from "@uniarm/client";
import { GenerateInput, UniArmError, type GenerateChunk } from "@uniarm/core/schema";
import type { Command } from "commander";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../command-context.ts";
import { applyOptions, parseConfig, schemaOptions } from "../schema-options.ts";
import { connect } from "../server/connect.ts";
import { serverCommand, type ServerFlags } from "./server-command.ts";

interface Flags extends ServerFlags {
  arm?: string;
  preference?: string[];
}

const UNGUIDED = "base";

/** Asks a model that a server's worker holds, token by token. */
export function generateCommand({ signal, setExitCode }: CommandContext): Command {
  const command = serverCommand("generate", "ask a model on a server, under one preference or several at once")
    .argument("<prompt>", "what to answer")
    .option("--arm <id>", "ARM that steers: a run that trained one, or a checkpoint; none: the base model alone")
    .option(
      "--preference <vectors...>",
      `how much each objective counts, with commas: 0.7,0.3; ${UNGUIDED}: the base model unguided`,
    );
  for (const option of schemaOptions(GenerateInput, ["prompt", "arm", "preferences"])) command.addOption(option);
  return command.action(async (prompt: string, flags: Flags) => {
    const { arm, preference } = flags;
    const asked = {
      prompt,
      ...(arm === undefined ? {} : { arm }),
      ...(preference ? { preferences: preference.map(vectorOf) } : {}),
    };
    const input = parseConfig(GenerateInput, applyOptions(GenerateInput, asked, { ...flags, arm: undefined }));
    const show = flags.json ? json : terminal(preference ?? [UNGUIDED]);
    try {
      for await (const chunk of generate(connect(flags), input, { signal })) {
        show(chunk);
        if (chunk.type === "error") throw new UniArmError(chunk.code, chunk.message);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      setExitCode(EXIT.interrupted);
    }
  });
}

/** @throws UniArmError preference-invalid */
function vectorOf(text: string): number[] | null {
  if (text === UNGUIDED) return null;
  const entries = text.split(",").map((entry) => (entry.trim() === "" ? Number.NaN : Number(entry)));
  if (entries.every(Number.isFinite)) return entries;
  throw new UniArmError(
    "preference-invalid",
    `"${text}" is no preference: write numbers that sum to 1 with commas between them, such as 0.7,0.3, or ${UNGUIDED}.`,
  );
}

const json = (chunk: GenerateChunk): void => {
  if (chunk.type !== "error") process.stdout.write(`${JSON.stringify(chunk)}\n`);
};

const WAITING = { queued: "waiting for a worker", loading: "loading the model", ready: null };

/** A single response is shown as it comes; of several, each when it is whole, so that they do not mix. */
function terminal(names: readonly string[]): (chunk: GenerateChunk) => void {
  const single = names.length === 1;
  return (chunk) => {
    if (chunk.type === "status" && WAITING[chunk.state])
      process.stderr.write(`${WAITING[chunk.state]} ...${chunk.waits ? ` ${chunk.waits}` : ""}\n`);
    if (chunk.type === "token" && single) process.stdout.write(chunk.text);
    if (chunk.type !== "end") return;
    process.stdout.write(single ? "\n" : `(${names[chunk.row]}) ${chunk.text}\n`);
    if (chunk.finish === "cancelled") process.stderr.write("cancelled: the run that answered was stopped\n");
  };
}
