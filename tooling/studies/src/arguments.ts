import { parseArgs } from "node:util";

export interface StudyArguments {
  objectives: 2 | 3;
  seeds: number[];
  /** those of the study's methods that were asked for, in the order of asking; default: all. @throws Error for a name that there is none of */
  methodsOf: (names: readonly string[]) => readonly string[];
  /** the folder of what is made */
  output: string;
  /** aborted by Ctrl-C */
  signal: AbortSignal;
}

/** What a study of methods is started with. @throws Error for what is none, by its name */
export function studyArguments(args: readonly string[], output: string): StudyArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      objectives: { type: "string", default: "2" },
      seeds: { type: "string", default: "0" },
      methods: { type: "string" },
      output: { type: "string", default: output },
    },
  });
  if (values.objectives !== "2" && values.objectives !== "3")
    throw new Error(`--objectives is 2 or 3, not ${values.objectives}.`);
  const seeds = values.seeds.split(",");
  const odd = seeds.find((seed) => !/^\d+$/.test(seed));
  if (odd !== undefined) throw new Error(`--seeds are whole numbers with commas between them; "${odd}" is none.`);
  const stop = new AbortController();
  process.once("SIGINT", () => {
    stop.abort();
  });
  return {
    objectives: values.objectives === "3" ? 3 : 2,
    seeds: seeds.map(Number),
    methodsOf: (names) => {
      const asked = values.methods?.split(",") ?? names;
      const unknown = asked.find((name) => !names.includes(name));
      if (unknown === undefined) return asked;
      throw new Error(`There is no method ${unknown}; there are ${names.join(", ")}.`);
    },
    output: values.output,
    signal: stop.signal,
  };
}
