import { librariesOf, memoryOf, secondsOf, type BenchResults, type CaseResult } from "./results.ts";

/** The measured tables as Markdown. Nothing in them is written by hand. */
export function renderMarkdown(results: BenchResults): string {
  const { machine, repeats, cases, scaling, profile, trainingProfiles, precision, ratios } = results;
  const software = [
    ...new Set(
      cases.flatMap(({ contenders }) => contenders.flatMap(({ samples }) => samples.map((sample) => sample.software))),
    ),
  ];
  return [
    `Measured on ${machine.threads} threads of ${machine.cpu}, ${machine.memoryGb} GB, Node ${machine.node}; ${software.join("; ")}. ` +
      `Every program ran ${repeats} ${repeats === 1 ? "time" : "times"}, ours and PyTorch's in turn${machine.neighbours ? ", each beside a process that kept a core busy" : ""}; seconds are medians [least, most].`,
    ...cases.map(caseTable),
    ratioTable(ratios),
    ...(scaling.length > 0 ? [scalingTable(scaling)] : []),
    ...(profile ? [profileTable(profile)] : []),
    ...(trainingProfiles.length > 0 ? [trainingTable(trainingProfiles)] : []),
    ...(precision.length > 0 ? [precisionTable(precision)] : []),
  ].join("\n\n");
}

function caseTable({ name, work, tokens, contenders }: CaseResult): string {
  const measured = contenders.filter(({ samples }) => samples.length > 0);
  const rows = measured.map(({ what, samples }) => {
    const { median, min, max } = secondsOf(samples);
    const speed = tokens === null ? [] : [(tokens / median).toFixed(1)];
    return [
      what,
      `${number(median)} [${number(min)}, ${number(max)}]`,
      ...speed,
      `${Math.round(memoryOf(samples))} (${Math.round(librariesOf(samples))})`,
    ];
  });
  const speed = tokens === null ? [] : ["tokens/s"];
  return table(
    [`\`${name}\``, work === "train" ? "seconds a step" : "seconds", ...speed, "peak memory (libraries), MB"],
    rows,
  );
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
      return table(
        [axis, ...points.map(({ at }) => String(at))],
        [["seconds", ...points.map(({ seconds }) => number(seconds))]],
      );
    })
    .join("\n\n");
}

/** Operations below this share of the time are one line together. */
const SMALL_SHARE = 0.02;

function profileTable({ totalMs, operations }: NonNullable<BenchResults["profile"]>): string {
  const share = (ms: number): string => `${((100 * ms) / totalMs).toFixed(1)} %`;
  const large = operations.filter(({ ms }) => ms >= SMALL_SHARE * totalMs);
  const sum = (list: typeof operations, key: "ms" | "calls"): number => list.reduce((all, one) => all + one[key], 0);
  const small = operations.filter((one) => !large.includes(one));
  const outside = totalMs - sum(operations, "ms");
  return table(
    ["where the time of a guided decoding goes", "ms", "share", "calls"],
    [
      ...large.map(({ name, ms, calls }) => [`\`${name}\``, ms.toFixed(0), share(ms), String(calls)]),
      ["other operations", sum(small, "ms").toFixed(0), share(sum(small, "ms")), String(sum(small, "calls"))],
      ["JavaScript and calls", outside.toFixed(0), share(outside), ""],
      ["all", totalMs.toFixed(0), "100 %", String(sum(operations, "calls"))],
    ],
  );
}

/** The parts of a training step, by what an operation's name has in it; the first that fits. */
const TRAINING_PARTS: readonly (readonly [string, RegExp])[] = [
  ["products of the frozen weights", /MatMul|FewRows|BlockProduct/],
  ["products of the adapters", /Thin|Outer/],
  ["attention", /Attention/],
  ["loss over the vocabulary", /LogSoftmax/],
  ["norms and activations", /AddNorm|SwiGlu/],
  ["optimizer", /AdamW|ClipByGlobalNorm/],
  ["other operations", /./],
];

function trainingTable(profiles: BenchResults["trainingProfiles"]): string {
  const partOf = (name: string): string => TRAINING_PARTS.find(([, fits]) => fits.test(name))![0];
  const cellsOf = (msOf: (profile: BenchResults["trainingProfiles"][number]) => number): string[] =>
    profiles.flatMap((profile) => {
      const ms = msOf(profile);
      return [ms.toFixed(0), `${((100 * ms) / profile.totalMs).toFixed(1)} %`];
    });
  const sum = (operations: readonly { ms: number }[]): number => operations.reduce((all, { ms }) => all + ms, 0);
  return table(
    ["where the time of a training step goes", ...profiles.flatMap(({ size }) => [`\`train.${size}\`, ms`, "share"])],
    [
      ...TRAINING_PARTS.map(([part]) => [
        part,
        ...cellsOf(({ operations }) => sum(operations.filter(({ name }) => partOf(name) === part))),
      ]),
      ["JavaScript and calls", ...cellsOf(({ totalMs, operations }) => totalMs - sum(operations))],
      ["all", ...cellsOf(({ totalMs }) => totalMs)],
    ],
  );
}

function precisionTable(precision: BenchResults["precision"]): string {
  return table(
    [
      "log-probability of a token against the float32 base",
      "base weights",
      "tokens",
      "mean",
      "99th percentile",
      "largest",
      "mean log-probability",
    ],
    precision.map(({ model, baseWeights, tokens, meanNats, p99Nats, maxNats, meanLogProbNats }) => [
      model,
      baseWeights,
      String(tokens),
      `${meanNats.toFixed(4)} nats`,
      p99Nats.toFixed(4),
      maxNats.toFixed(4),
      meanLogProbNats.toFixed(2),
    ]),
  );
}

const number = (seconds: number): string => (seconds >= 10 ? seconds.toFixed(1) : seconds.toPrecision(3));

/** Cells are padded as Prettier pads them. */
function table(head: readonly string[], rows: readonly string[][]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

const [START, END] = ["<!-- bench:start -->", "<!-- bench:end -->"];

/** The document with the tables between its markers. @throws Error when it has none */
export function withTables(document: string, tables: string): string {
  const [start, end] = [document.indexOf(START), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`The document has no ${START} ... ${END} to put the tables between.`);
  return `${document.slice(0, start)}${START}\n\n${tables}\n\n${document.slice(end)}`;
}
