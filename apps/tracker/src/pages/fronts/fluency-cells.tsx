import { EVALUATION_METRICS, type Fluency } from "@uniarm/core/schema";
import { Td, Th } from "../../components/table.tsx";
import { numberText } from "../../text/number.ts";

const { basePerplexity, repeatedFourGrams, distinct, endedShare, lengthTokens } = EVALUATION_METRICS;
const COLUMNS = [
  ["Perplexity", basePerplexity],
  ["Repeated 4-grams", repeatedFourGrams],
  ["Distinct-2", distinct],
  ["Ended", endedShare],
  ["Tokens", lengthTokens],
] as const;

/** What says whether answers are still language, each with its sentence where it is pointed at. */
export const FluencyHeading = () =>
  COLUMNS.map(([name, { sentence }]) => (
    <Th key={name}>
      <span title={sentence}>{name}</span>
    </Th>
  ));

/** The numbers of `FluencyHeading`; a dash where there is none, with the reason. */
export function FluencyCells({ fluency }: { fluency: Fluency | null }) {
  const measures = fluency && [
    fluency.basePerplexity,
    fluency.repeatedFourGrams,
    fluency.distinctTwo,
    { value: fluency.endedShare },
    { value: fluency.lengthTokens },
  ];
  return COLUMNS.map(([name], place) => {
    const measure = measures?.[place];
    return (
      <Td key={name} className="tabular-nums">
        {measure?.value == null ? (
          <span title={measure && "reason" in measure ? measure.reason : undefined}>–</span>
        ) : (
          numberText(measure.value)
        )}
      </Td>
    );
  });
}
