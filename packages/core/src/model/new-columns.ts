import type { NewColumns } from "../layers/columns.ts";
import { isLong } from "../layers/rotary.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";

/**
 * The columns that a pass over these ids adds to a batch: after those of a cache, where there is one.
 * @throws UniArmError rows-unequal, context-exceeded, ids-out-of-range
 */
export function newColumns(
  config: ModelConfig,
  ids: readonly (readonly number[])[],
  earlier: { length?: number; padding?: readonly number[]; slots?: readonly number[] },
): NewColumns {
  const [rows, tokens] = [ids.length, ids[0]?.length ?? 0];
  const { length: past = 0, padding = ids.map(() => 0), slots = [] } = earlier;
  const added = { rows, tokens, past, padding, slots };
  if (padding.length !== rows) {
    throw new UniArmError(
      "rows-unequal",
      `The batch has ${rows} rows but the cache or padding is for ${padding.length}; both need the same rows.`,
    );
  }
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

/** Tokens of the longest row, earlier ones included and padding not. */
export const longestRow = ({ past, tokens, padding }: NewColumns): number => past + tokens - Math.min(...padding);

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
