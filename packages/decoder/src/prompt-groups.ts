import { evenParts } from "./even-parts.ts";

/**
 * Prompts of similar length, to be read together: padding costs what tokens cost. A group's shortest prompt has at least
 * this share of its longest one's tokens...
 */
const SIMILAR = 0.75;
/** ...or the group has fewer tokens than a pass needs to be worth its fixed costs. */
const FEW_TOKENS = 256;

/**
 * @param lengths tokens of each prompt
 * @param most tokens that a group of several prompts has at most, padding included
 * @returns places of the prompts, group by group, shortest first
 */
export function groupsOfSimilarLength(lengths: readonly number[], most = Infinity): number[][] {
  const byLength = [...lengths.keys()].sort((one, other) => lengths[one]! - lengths[other]!);
  const groups: number[][] = [];
  for (const place of byLength) {
    const group = groups.at(-1);
    const shortest = group && lengths[group[0]!]!;
    const fits =
      group && (shortest! >= SIMILAR * lengths[place]! || (group.length + 1) * lengths[place]! <= FEW_TOKENS);
    if (fits) group.push(place);
    else groups.push([place]);
  }
  return groups.flatMap((group) =>
    evenParts(group.length, Math.floor(most / lengths[group.at(-1)!]!)).map(({ start, end }) =>
      group.slice(start, end),
    ),
  );
}
