import type { NewColumns } from "../layers/columns.ts";
import { longestText, type Fork } from "../layers/forks.ts";
import { isLong } from "../layers/rotary.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";

/**
 * The columns that a pass over these ids adds to a batch: after those of a cache, where there is one.
 * @throws UniArmError rows-unequal, context-exceeded, ids-out-of-range, forks-invalid, forks-windowed
 */
export function newColumns(
  config: ModelConfig,
  ids: readonly (readonly number[])[],
  earlier: { length?: number; padding?: readonly number[]; slots?: readonly number[] },
  forks?: readonly Fork[],
): NewColumns {
  const [rows, tokens] = [ids.length, ids[0]?.length ?? 0];
  const { length: past = 0, padding = ids.map(() => 0), slots = [] } = earlier;
  const added = { rows, tokens, past, padding, slots, forks };
  if (padding.length !== rows) {
    throw new UniArmError(
      "rows-unequal",
      `The batch has ${rows} rows but the cache or padding is for ${padding.length}; both need the same rows.`,
    );
  }
  if (forks) checkForks(config, forks, added);
  const longest = longestRow(added);
  if (longest > config.contextTokens) {
    const stretched =
      config.rope?.scaling?.kind === "dynamic" ? " Its dynamic rotary scaling is computed up to there." : "";
    throw new UniArmError(
      "context-exceeded",
      `A row of ${longest} tokens does not fit the model's context of ${config.contextTokens} tokens.${stretched} Shorten the prompt or generate less.`,
    );
  }
  const cached = longest - tokens;
  const turns = [config.rope, config.windowedRope ?? null];
  if (cached > 0 && turns.some((rope) => isLong(rope, longest) && !isLong(rope, cached))) {
    throw new UniArmError(
      "context-crossed",
      `A row grows from ${cached} to ${longest} tokens and so beyond the first part of the context, from where on longrope turns ` +
        "all positions otherwise: what is cached of it no longer holds. Generate less, or start from a longer prompt.",
    );
  }
  ids.forEach((row, index) => {
    checkRow(row, index, tokens, config.vocabularySize);
  });
  return added;
}

/**
 * The most tokens that a row may come to which starts with so many: the context, or the first part of it where rotary
 * positions turn otherwise from there on.
 */
export function mostTokens({ contextTokens, rope, windowedRope }: ModelConfig, tokens: number): number {
  const ends = [rope, windowedRope].flatMap((one) =>
    one?.scaling?.kind === "longrope" && !isLong(one, tokens) ? [one.scaling.originalContextTokens] : [],
  );
  return Math.min(contextTokens, ...ends);
}

/** Tokens of the longest row, earlier ones included and padding not; of rows with two responses, of the longest text. */
export const longestRow = ({ past, tokens, padding, forks }: NewColumns): number =>
  forks ? Math.max(...forks.map(longestText)) : past + tokens - Math.min(...padding);

/** Whether a pass over rows with two responses each sees what it would of each text alone: a window would count columns of both. */
export const canFork = ({ slidingWindow }: ModelConfig, longest: number): boolean =>
  slidingWindow === null || longest <= slidingWindow.tokens;

function checkForks(config: ModelConfig, forks: readonly Fork[], added: NewColumns): void {
  const isSound = ({ start, second, end }: Fork): boolean => start > 0 && second >= start && end >= second;
  if (forks.length !== added.rows || !forks.every((fork) => isSound(fork) && fork.end <= added.tokens)) {
    throw new UniArmError(
      "forks-invalid",
      `The batch has ${added.rows} rows of ${added.tokens} columns, which do not hold the two responses that were named for ${forks.length}.`,
    );
  }
  if (added.slots.length > 0 || added.padding.some((count) => count > 0)) {
    throw new UniArmError(
      "forks-invalid",
      "Rows with two responses each have neither padding at the left nor a cache. Give each response a row of its own.",
    );
  }
  const longest = longestRow(added);
  if (canFork(config, longest)) return;
  throw new UniArmError(
    "forks-windowed",
    `Two responses share a row of ${longest} tokens, but the model's attention has a window of ${config.slidingWindow!.tokens}. Give each response a row of its own.`,
  );
}

function checkRow(row: readonly number[], index: number, tokens: number, vocabularySize: number): void {
  if (row.length !== tokens || tokens === 0) {
    throw new UniArmError(
      "rows-unequal",
      `Row ${index} has ${row.length} tokens; all rows need the same number, at least 1: row 0 has ${tokens}.`,
    );
  }
  for (const id of row) {
    if (Number.isInteger(id) && id >= 0 && id < vocabularySize) continue;
    throw new UniArmError(
      "ids-out-of-range",
      `Token id ${id} in row ${index} is outside the model's vocabulary of ${vocabularySize} ids (0 to ${vocabularySize - 1}). ` +
        "Use the tokenizer that belongs to the model.",
    );
  }
}
