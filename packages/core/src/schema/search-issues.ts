import type { SamplingConfig } from "./sampling.ts";

/** The settings that say how many continuations are tried, and what they meet. */
interface Search {
  sampling: Pick<SamplingConfig, "temperature" | "topK" | "minNewTokens">;
  maxNewTokens: number;
  batchRows: number;
  samplesPerPrompt: number;
  bestOf: number;
  beams: number;
  lengthPenalty: number;
  topLogProbs: number;
  baseLogProbs: boolean;
  strength: number;
  checkpoint?: string | undefined;
  coefficients?: number[][] | undefined;
}

/** What is wrong with a search -> [setting, sentence]: what would have no effect is refused, as is what cannot be done. */
export function searchIssues(search: Search): [path: string, message: string][] {
  const { sampling, maxNewTokens } = search;
  const tooShort = sampling.minNewTokens > maxNewTokens;
  return [
    ...(tooShort ? [["sampling", tooShortFor(sampling.minNewTokens, maxNewTokens)] as [string, string]] : []),
    ...bestOfIssues(search).map((message): [string, string] => ["bestOf", message]),
    ...beamIssues(search),
  ];
}

export const tooShortFor = (minNewTokens: number, maxNewTokens: number): string =>
  `minNewTokens ${minNewTokens} is above maxNewTokens ${maxNewTokens}, which no response exceeds: lower the one or raise the other`;

function bestOfIssues({ bestOf, sampling, batchRows, strength, checkpoint, coefficients }: Search): string[] {
  if (bestOf === 1) return [];
  const silent = coefficients?.findIndex((row) => row.every((entry) => entry === 0)) ?? -1;
  return [
    ...(checkpoint === undefined
      ? ["bestOf keeps what the ARMs of a checkpoint find most likely: name a checkpoint"]
      : []),
    ...(sampling.temperature === 0
      ? ["bestOf has no effect at temperature 0, where all samples are equal: set a temperature"]
      : []),
    ...(sampling.temperature > 0 && sampling.topK === 1
      ? ["bestOf has no effect at topK 1, where all samples are equal: raise topK, or set it to 0"]
      : []),
    ...(strength === 0 ? ["bestOf has no effect at strength 0, where no ARM counts: set a strength"] : []),
    ...(silent >= 0 ? [`bestOf has no effect at row ${silent + 1} of the coefficients, where no ARM counts`] : []),
    ...(bestOf > batchRows
      ? [`bestOf ${bestOf} is above batchRows ${batchRows}: what is drawn for a response is decoded at once`]
      : []),
  ];
}

function beamIssues(search: Search): [path: string, message: string][] {
  const { beams, lengthPenalty, sampling, samplesPerPrompt, bestOf, topLogProbs, baseLogProbs, batchRows } = search;
  if (beams === 1)
    return lengthPenalty === 1 ? [] : [["lengthPenalty", "lengthPenalty has no effect without beams: set beams"]];
  const other = (
    [
      ["sampling", sampling.temperature > 0, "a temperature draws", "set temperature 0"],
      ["samplesPerPrompt", samplesPerPrompt > 1, "samples would all be equal", "set samplesPerPrompt 1"],
      ["bestOf", bestOf > 1, "bestOf draws", "set bestOf 1"],
      ["topLogProbs", topLogProbs > 0, "topLogProbs are read as single tokens are chosen", "set topLogProbs 0"],
      ["baseLogProbs", baseLogProbs, "the base model is read as single tokens are chosen", "set baseLogProbs false"],
      [
        "batchRows",
        beams > batchRows,
        "all beams of a response are decoded at once",
        `set batchRows to ${beams} or more`,
      ],
    ] as const
  ).filter(([, isWrong]) => isWrong);
  return other.map(([path, , reason, advice]) => [
    path,
    `beams search for the likeliest response, but ${reason}: ${advice}, or beams 1`,
  ]);
}
