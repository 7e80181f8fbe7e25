import { z } from "zod";
import { settingsOf, unsupported, type Part } from "./part.ts";

/** What stands around one text, or around two. */
export interface Frame {
  single: FrameItem[];
  pair: FrameItem[];
}

export type FrameItem = { ids: readonly number[]; type: number } | { sequence: "A" | "B"; type: number };

const PLAIN: Frame = {
  single: [{ sequence: "A", type: 0 }],
  pair: [
    { sequence: "A", type: 0 },
    { sequence: "B", type: 1 },
  ],
};

const Named = z.tuple([z.string(), z.int().nonnegative()]);
const Item = z.union([
  z.object({ SpecialToken: z.object({ id: z.string(), type_id: z.int() }) }),
  z.object({ Sequence: z.object({ id: z.enum(["A", "B"]), type_id: z.int() }) }),
]);

const BUILDERS: Record<string, (part: Part) => Frame | null> = {
  ByteLevel: () => null, // about offsets alone
  TemplateProcessing: (part) => {
    const {
      single,
      pair,
      special_tokens: tokens,
    } = settingsOf(part, {
      single: z.array(Item),
      pair: z.array(Item).default([]),
      special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int().nonnegative()) })),
    });
    const items = (list: readonly z.infer<typeof Item>[]): FrameItem[] =>
      list.map((item) => {
        if ("Sequence" in item) return { sequence: item.Sequence.id, type: item.Sequence.type_id };
        const known = tokens[item.SpecialToken.id];
        if (!known) throw unsupported(`a post-processor that writes ${item.SpecialToken.id}, of which it has no id`);
        return { ids: known.ids, type: item.SpecialToken.type_id };
      });
    return { single: items(single), pair: items(pair) };
  },
  BertProcessing: (part) => {
    const { cls, sep } = settingsOf(part, { cls: Named, sep: Named });
    const single: FrameItem[] = [
      { ids: [cls[1]], type: 0 },
      { sequence: "A", type: 0 },
      { ids: [sep[1]], type: 0 },
    ];
    return { single, pair: [...single, { sequence: "B", type: 1 }, { ids: [sep[1]], type: 1 }] };
  },
  RobertaProcessing: (part) => {
    const { cls, sep } = settingsOf(part, { cls: Named, sep: Named });
    const end: FrameItem = { ids: [sep[1]], type: 0 };
    const single: FrameItem[] = [{ ids: [cls[1]], type: 0 }, { sequence: "A", type: 0 }, end];
    return { single, pair: [...single, end, { sequence: "B", type: 0 }, end] };
  },
  Sequence: (part) => {
    const { processors } = settingsOf(part, { processors: z.array(z.looseObject({ type: z.string() })) });
    const frames = processors.map(frameOrNull).filter((frame) => frame !== null);
    if (frames.length > 1) throw unsupported("several post-processors that add tokens");
    return frames[0] ?? null;
  },
};

function frameOrNull(part: Part): Frame | null {
  const build = Object.hasOwn(BUILDERS, part.type) ? BUILDERS[part.type] : undefined;
  if (build) return build(part);
  throw unsupported(`a post-processor ${JSON.stringify(part.type)}`);
}

/** What a tokenizer puts around texts by itself. @throws UniArmError tokenizer-unsupported */
export const frameOf = (part: Part | null | undefined): Frame => (part == null ? PLAIN : (frameOrNull(part) ?? PLAIN));

/** Ids in their frame, with the segment of each. */
export function framed(
  items: readonly FrameItem[],
  one: readonly number[],
  other: readonly number[] = [],
): { ids: number[]; types: number[] } {
  const parts = items.map((item) => ({
    ids: "ids" in item ? item.ids : item.sequence === "A" ? one : other,
    type: item.type,
  }));
  return { ids: parts.flatMap(({ ids }) => ids), types: parts.flatMap(({ ids, type }) => ids.map(() => type)) };
}
