import type { DataStats } from "@uniarm/data";

const count = (value: number): string => value.toLocaleString("en-US");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const number = (value: number): string => (Number.isInteger(value) ? count(value) : value.toPrecision(3));

/** What `data stats` says to people. */
export function printedStats(stats: DataStats): string {
  const { duplicates, lengths, objectives, agreement } = stats;
  const lines: [string, string][] = [
    ["pairs", `${count(stats.pairs)} of ${count(stats.prompts)} prompts`],
    ["conflict rate", `${percent(stats.conflictRate)} of pairs have objectives that prefer different responses`],
    [
      "duplicates",
      `${count(duplicates.pairs)} pairs seen before, ${count(duplicates.prompts)} with a prompt seen before, ${count(duplicates.responses)} of two equal responses`,
    ],
    ...(stats.cut + stats.empty > 0
      ? [
          [
            "odd",
            `${count(stats.cut)} pairs with a response that was cut off, ${count(stats.empty)} with an empty one`,
          ] as [string, string],
        ]
      : []),
    ...Object.entries(lengths).map(([name, { mean, p50, p95, max }]): [string, string] => [
      name.replace(/(Characters|Tokens)$/, (unit) => ` ${unit.toLowerCase()}`),
      `mean ${number(Math.round(mean))}, p50 ${number(p50)}, p95 ${number(p95)}, max ${number(max)}`,
    ]),
    ...Object.entries(objectives).map(([name, { pairs, tieRate, firstWins, margin }]): [string, string] => {
      const scores = margin
        ? `; score margin mean ${margin.mean.toPrecision(3)}, p50 ${margin.p50.toPrecision(3)}`
        : "";
      return [name, `${count(pairs)} pairs, ${percent(tieRate)} ties, response 0 wins ${percent(firstWins)}${scores}`];
    }),
    ...Object.entries(agreement).flatMap(([one, others]) =>
      Object.entries(others).map(([other, share]): [string, string] => [
        `${one}, ${other}`,
        `agree in ${percent(share)}`,
      ]),
    ),
  ];
  return lines.map(([name, text]) => `${name.padEnd(22)} ${text}`).join("\n");
}
