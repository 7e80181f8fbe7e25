import {
  describeDifferences,
  inferenceMemory,
  type ExpectationCheck,
  type InferenceSize,
  type ModelInspection,
  type Tokenizer,
  type TokenizerComparison,
} from "@uniarm/core";

const count = (value: number): string => value.toLocaleString("en-US");
const gigabytes = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toPrecision(3)} MB` : `${(bytes / 1e9).toPrecision(3)} GB`;

/** What `models inspect` says to people. */
export function printedInspection(found: ModelInspection, tokenizer: Tokenizer | string, asked: InferenceSize): string {
  const { config, notices, files, parameters, dtypes, missing, unused, memory } = found;
  const heads = `${config.heads} heads of ${config.headSize} over ${config.keyValueHeads} key-value heads`;
  const stored = Object.entries(dtypes).map(([dtype, share]) => `${count(share)} ${dtype}`);
  const lines: [string, string][] = [
    ["architecture", `${config.modelType}, ${config.layers} layers, width ${config.hiddenSize}, ${heads}`],
    ["parameters", `${count(parameters)} (${stored.join(", ")})`],
    ["files", files.join(", ")],
    ["context", `${count(config.contextTokens)} tokens${windowOf(found)}`],
    ["vocabulary", `${count(config.vocabularySize)}${config.tiedEmbeddings ? ", head tied to the embedding" : ""}`],
    ["tokenizer", typeof tokenizer === "string" ? tokenizer : tokenizerLine(tokenizer)],
    ...memory.map((one): [string, string] => {
      const peak = inferenceMemory(config, one, asked)?.peak;
      return [
        `${one.engine} ${one.baseWeights}`,
        `${gigabytes(one.weightsBytes)} for the weights, ${gigabytes(one.cacheBytesPer1000Tokens)} more for each 1,000 tokens of a row` +
          (peak === undefined ? "" : `; about ${gigabytes(peak)} in all for ${sizeOf(asked)}`),
      ];
    }),
    ...(missing.length > 0 ? [["missing", listed(missing)] as [string, string]] : []),
    ...(unused.length > 0 ? [["unused", listed(unused)] as [string, string]] : []),
    ...notices.map((notice): [string, string] => ["notice", notice]),
  ];
  return lines.map(([name, text]) => `${name.padEnd(20)} ${text}`).join("\n");
}

function sizeOf({ rows, arms, promptTokens, newTokens }: InferenceSize): string {
  const answers = `${count(rows)} ${rows === 1 ? "answer" : "answers"} of ${count(newTokens)} tokens`;
  const guided = arms === 0 ? "" : `, guided by ${count(arms)} ${arms === 1 ? "ARM" : "ARMs"}`;
  return `${answers} after ${count(promptTokens)}${guided}`;
}

function windowOf({ config: { slidingWindow, layers } }: ModelInspection): string {
  if (!slidingWindow) return "";
  return `, a window of ${count(slidingWindow.tokens)} in ${slidingWindow.layers.length} of ${layers} layers`;
}

const tokenizerLine = ({ vocabularySize, bosTokenId, eosTokenId, padTokenId }: Tokenizer): string =>
  `${count(vocabularySize)} tokens; bos ${bosTokenId ?? "none"}, eos ${eosTokenId ?? "none"}, pad ${padTokenId ?? "none"}`;

const SHOWN = 4;
const listed = (names: readonly string[]): string =>
  names.length <= SHOWN ? names.join(", ") : `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more`;

/** What `models check` says to people: a line for each comparison. */
export function printedChecks(checks: readonly ExpectationCheck[]): string {
  return checks
    .map(({ what, compared, difference, tolerance, passed }) => {
      const off = what === "mean over tokens" ? "off by" : "off by at most";
      const of = tolerance === null ? ", not judged: these weights are not exact" : ` of ${tolerance}`;
      const found =
        what === "greedy continuation" ? `${difference} differ` : `${off} ${difference.toExponential(1)}${of}`;
      const verdict = tolerance === null ? "" : passed ? "ok" : "FAILED";
      return `${verdict.padEnd(6)} ${what.padEnd(24)} ${count(compared)} compared, ${found}`;
    })
    .join("\n");
}

/** What `models compare` says to people. */
export function printedComparison(comparison: TokenizerComparison): string {
  const { sizes, shared, differentCount, specialTokens, sameChatTemplate, same } = comparison;
  const templates = sameChatTemplate ? "the same" : "different: each model reads prompts in its own";
  const lines: [string, string][] = [
    [
      "ids",
      `${count(sizes[0])} and ${count(sizes[1])}; ${same ? "every one the same token" : `the first ${count(shared)} the same`}`,
    ],
    ...(same
      ? []
      : [["different", `${count(differentCount)}: ${describeDifferences(comparison)}`] as [string, string]]),
    ...specialTokens.map(({ token, ids }): [string, string] => [
      "special token",
      `${JSON.stringify(token)} is ${ids[0] ?? "none"} and ${ids[1] ?? "none"}`,
    ]),
    ["chat templates", templates],
    [
      "guidance",
      same ? "possible" : `refused, unless --vocabulary shared leaves out all but the first ${count(shared)} ids`,
    ],
  ];
  return lines.map(([name, text]) => `${name.padEnd(20)} ${text}`).join("\n");
}
