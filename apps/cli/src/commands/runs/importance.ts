import { LIMITS, textOfNames, UniArmError } from "@uniarm/core/schema";
import { flattenConfig, importanceOf, type Importance } from "@uniarm/pipeline/schema";
import { Option, type Command } from "commander";
import type { Api } from "../../server/connect.ts";
import { table } from "../../server/table.ts";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";

interface Flags extends ServerFlags {
  metric: string;
  stat: "last" | "min" | "max";
}

/** Which settings a figure of runs depends on. */
export function importanceCommand(): Command {
  return serverCommand("importance", "how much a figure of runs depends on each of their settings")
    .argument("<runs...>", "a sweep, or the runs themselves: ids, or beginnings of them")
    .requiredOption("--metric <key>", "the metric, or hypervolume of the front that came of each run")
    .addOption(
      new Option("--stat <value>", "which value of the metric").choices(["last", "min", "max"]).default("last"),
    )
    .action(async (given: string[], flags: Flags) => {
      await answer(
        flags,
        (api) => judged(api, given, flags),
        ({ runs, settings, together }) =>
          `by ${runs} runs\n` +
          table(
            ["setting", "share of the variance", "spread"],
            [
              ...settings.map(({ path, share, spread }) => [path, share.toFixed(3), spread.toFixed(3)]),
              ["settings together", together.toFixed(3), ""],
            ],
          ),
      );
    });
}

async function judged(api: Api, given: readonly string[], { metric, stat }: Flags): Promise<Importance> {
  const [only] = given.length === 1 ? [await api.runs.get.query({ id: given[0]! })] : [];
  const ids = only && only.children.length > 0 ? only.children.map(({ id }) => id) : given;
  if (ids.length > LIMITS.compared)
    throw new UniArmError("runs-many", `At most ${LIMITS.compared} runs are judged together; these are ${ids.length}.`);
  const { runs } = await api.compare.runs.query({ ids: ids.join(",") });
  const asked = { runs: runs.map(({ id }) => id).join(","), keys: textOfNames([metric]), limit: runs.length };
  const { series } = await api.metrics.keys.query(asked);
  const figures = new Map(series.map((one) => [one.runId, one[stat]]));
  const observations = runs.flatMap(({ id, config, fronts }) => {
    const value = figures.get(id) ?? (metric === "hypervolume" ? fronts[0]?.hypervolume : undefined);
    const settings = flattenConfig(config).filter(({ path }) => path !== "output");
    return typeof value === "number"
      ? [{ value, settings: Object.fromEntries(settings.map((one) => [one.path, one.value])) }]
      : [];
  });
  return importanceOf(observations);
}
