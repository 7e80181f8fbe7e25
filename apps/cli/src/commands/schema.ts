import { Argument, Command } from "commander";
import { ExperimentConfig, JOBS, WORK_KINDS, type WorkKind } from "@uniarm/core/schema";
import { z } from "zod";

/** What the config of a run may say, as a JSON schema with defaults and help. */
export function schemaCommand(): Command {
  return new Command("schema")
    .description("JSON schema of a kind's config, for `uniarm launch`")
    .addArgument(new Argument("<kind>", "kind of run").choices([...WORK_KINDS, "experiment"]))
    .action((kind: WorkKind | "experiment") => {
      const schema = kind === "experiment" ? ExperimentConfig : JOBS[kind].config;
      const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
      process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
    });
}
