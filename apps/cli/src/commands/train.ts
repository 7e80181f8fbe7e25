import { existsSync } from "node:fs";
import { join } from "node:path";
import { Option, type Command } from "commander";
import { Method, methodOf, UniArmError } from "@uniarm/core/schema";
import { explore } from "@uniarm/pipeline";
import { SHIPPED_TRAININGS, TrainingRun } from "@uniarm/pipeline/schema";
import { train } from "@uniarm/trainer";
import type { CommandContext } from "../command-context.ts";
import { applyOptions, parseConfig, readJsonFile } from "../schema-options.ts";
import { tuneTrials, type TuneFlags } from "../tune-trials.ts";
import { configCommand, configOf, runEvents, valuesOf } from "./config-command.ts";

/** What methods train. */
const KINDS = [...new Set(Method.options.map((method) => methodOf(method).trains))];
type Kind = (typeof KINDS)[number];
const methodsOf = (kind: Kind): Method[] => Method.options.filter((method) => methodOf(method).trains === kind);

type Flags = { kind?: Kind; resume?: string; skipNotFinite?: string; json?: boolean } & Partial<TuneFlags> &
  Record<string, unknown>;

export function trainCommand(context: CommandContext): Command {
  return configCommand(
    "train",
    "train an ARM, policies or a scorer on preference pairs; an ARM with --rounds also on answers of its own",
    TrainingRun,
    `settings as a JSON file, or by their name (${[...SHIPPED_TRAININGS].map(([name, { summary }]) => `${name}: ${summary}`).join("; ")}); flags override them`,
  )
    .addOption(
      new Option("--kind <kind>", "what is trained, in place of --method: the first method of its kind").choices(KINDS),
    )
    .option(
      "--resume <run>",
      "continue an interrupted run folder with the settings stored in it; --skip-not-finite may be given anew",
    )
    .option(
      "--tune [settings...]",
      "train briefly with each combination of KEY=VALUE,VALUE, and rank them on held-out pairs; default: learning rates and betas around those given",
    )
    .option("--tune-steps <steps>", "steps of such a trial (default: 50)")
    .option("--tune-metric <metric>", "what trials are ranked by (default: validation/accuracy)")
    .action(async (flags: Flags) => {
      if (!isTuning(flags) && (flags.tuneSteps ?? flags.tuneMetric) !== undefined)
        throw new UniArmError(
          "tune-invalid",
          "--tune-steps and --tune-metric say how --tune tries settings: give it, too.",
        );
      if (isTuning(flags)) {
        if (flags.resume !== undefined)
          throw new UniArmError(
            "tune-invalid",
            "--tune goes on by itself: give the same command again, without --resume.",
          );
        ofKind(flags);
        await tuneTrials(valuesOf(TrainingRun, ...named(flags)), flags, context);
        return;
      }
      const resume = flags.resume !== undefined;
      const config = resume ? storedConfig(flags.resume ?? "", flags) : ofKind(flags);
      const { exploration, ...training } = config;
      const options = { signal: context.signal, resume };
      await runEvents(
        () => (exploration ? explore({ ...training, exploration }, options) : train(training, options)),
        flags.json === true,
        context,
      );
    });
}

/** The settings of a new run; a kind says its method, and may not contradict one. @throws UniArmError kind-method-mismatch */
function ofKind(flags: Flags): TrainingRun {
  const { kind } = flags;
  const config = configOf(TrainingRun, ...named(flags));
  if (kind === undefined) return config;
  if (methodOf(config.method).trains === kind) return config;
  throw new UniArmError(
    "kind-method-mismatch",
    `The kind ${kind} was asked for, but the method ${config.method} trains another. Leave one of them out; methods of that kind are ${methodsOf(kind).join(", ")}.`,
  );
}

/** The flags with what lies under them: settings that ship, where `--config` is the name of some and no file is called so. */
function named(flags: Flags): [flags: Flags, under: Record<string, unknown>] {
  const under = methodOfKind(flags);
  const { config, ...others } = flags;
  if (typeof config !== "string" || existsSync(config)) return [flags, under];
  const shipped = SHIPPED_TRAININGS.get(config);
  const method = Method.safeParse(flags.method ?? under.method).data ?? "uniarm"; // another is refused where it is parsed
  return shipped ? [others, { ...shipped.settingsOf(method), ...under }] : [flags, under];
}

const methodOfKind = ({ kind }: Flags): { method?: Method } =>
  kind === undefined ? {} : { method: methodsOf(kind)[0]! };

const isTuning = (flags: Flags): flags is Flags & TuneFlags => flags.tune !== undefined;

/** The settings of a run's folder, wherever it lies now; what is tolerated from here on may be said anew. */
function storedConfig(run: string, { skipNotFinite }: Flags): TrainingRun {
  const stored = readJsonFile(join(run, "config.json"), "settings of the run") as Record<string, unknown>;
  const config = applyOptions(TrainingRun, stored, { skipNotFinite });
  config.output = run;
  return parseConfig(TrainingRun, config);
}
