import { memoryOf, secondsOf, type BenchResults, type CaseResult } from "./results.ts";

/** The measured tables as Markdown. Nothing in them is written by hand. */
export function renderMarkdown({ machine, repeats, cases, scaling, ratios }: BenchResults): string {
  const software = [...new Set(cases.flatMap(({ contenders }) => contenders.flatMap(({ samples }) => samples.map((sample) => sample.software))))];
  return [
    `Measured on ${machine.threads} threads of ${machine.cpu}, ${machine.memoryGb} GB, Node ${machine.node}; ${software.join("; ")}. ` +
      `Every program ran ${repeats} ${repeats === 1 ? "time" : "times"}, ours and PyTorch's in turn; seconds are medians [least, most].`,
    ...cases.map(caseTable),
    ratioTable(ratios),
    ...(scaling.length > 0 ? [scalingTable(scaling)] : []),
  ].join("\n\n");
}

function caseTable({ name, tokens, contenders }: CaseResult): string {
  const measured = contenders.filter(({ samples }) => samples.length > 0);
  const rows = measured.map(({ what, samples }) => {
    const { median, min, max } = secondsOf(samples);
    const speed = tokens === null ? [] : [(tokens / median).toFixed(1)];
    return [what, `${number(median)} [${number(min)}, ${number(max)}]`, ...speed, String(Math.round(memoryOf(samples)))];
  });
  const speed = tokens === null ? [] : ["tokens/s"];
  return table([`\`${name}\``, tokens === null ? "seconds a step" : "seconds", ...speed, "peak memory, MB"], rows);
}

function ratioTable(ratios: Record<string, number>): string {
  const meaning = (key: string): string => (key.endsWith("peakMemory") ? "below 1: less memory" : "above 1: faster");
  return table(
    ["ratio", "value", "better for us"],
    Object.entries(ratios).map(([key, value]) => [`\`${key}\``, value.toFixed(2), meaning(key)]),
  );
}

function scalingTable(scaling: BenchResults["scaling"]): string {
  const axes = [...new Set(scaling.map(({ axis }) => axis))];
  return axes
    .map((axis) => {
      const points = scaling.filter((point) => point.axis === axis);
      return table([axis, ...points.map(({ at }) => String(at))], [["seconds", ...points.map(({ seconds }) => number(seconds))]]);
    })
    .join("\n\n");
}

const number = (seconds: number): string => (seconds >= 10 ? seconds.toFixed(1) : seconds.toPrecision(3));

function table(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const [START, END] = ["<!-- bench:start -->", "<!-- bench:end -->"];

/** The document with the tables between its markers. @throws Error when it has none */
export function withTables(document: string, tables: string): string {
  const [start, end] = [document.indexOf(START), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`The document has no ${START} ... ${END} to put the tables between.`);
  return `${document.slice(0, start)}${START}\n\n${tables}\n\n${document.slice(end)}`;
}
