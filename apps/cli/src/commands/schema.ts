import { Argument, Command } from "commander";
import { configSchema, LaunchKind } from "@uniarm/pipeline/schema";
import { z } from "zod";

/** What the config of a run may say, as a JSON schema with defaults and help. */
export function schemaCommand(): Command {
  return new Command("schema")
    .description("JSON schema of a kind's config, for `uniarm launch`")
    .addArgument(new Argument("<kind>", "kind of run").choices(LaunchKind.options))
    .action((kind: LaunchKind) => {
      const json = z.toJSONSchema(configSchema(kind), { io: "input", unrepresentable: "any" });
      process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
    });
}
