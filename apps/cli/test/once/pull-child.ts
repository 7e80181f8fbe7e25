/** node pull-child.ts <name> <model as JSON>: pulls a model in a process of its own, which a test may kill. */
import type { NamedModel } from "@uniarm/core/schema";
import { pullModel } from "../../src/models/pull.ts";
import { silentProgress } from "../../src/progress.ts";

const [name, model] = process.argv.slice(2);
process.stdout.write("begins\n");
await pullModel(name!, JSON.parse(model!) as NamedModel, silentProgress, new AbortController().signal);
process.stdout.write("done\n");
