import type { MethodComparison, MethodTest, UncertainFigure } from "@uniarm/core/schema";
import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import type { Run } from "../../api/types.ts";
import { Estimate } from "../../components/estimate.tsx";
import { Panel } from "../../components/panel.tsx";
import { Unread } from "./unread.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { SENTENCES } from "../../text/metric-sentences.ts";

/** The run that compared the methods of a study; null where none has. */
export function comparingRun({ id, kind, state, children }: Run): string | null {
  if (kind === "compare") return state === "SUCCEEDED" ? id : null;
  return children.find((child) => child.kind === "compare" && child.state === "SUCCEEDED")?.id ?? null;
}

/** Methods with their intervals, and each pair's differences with what tests say of them. */
export function MethodsPanel({ runId }: { runId: string }) {
  const { data: comparison, error } = useQuery(queries.methodComparison(runId));
  if (error) return <Unread title="Methods" error={error} />;
  if (!comparison) return null; // a run of an earlier version has none
  return (
    <Panel title="Methods">
      <Figures comparison={comparison} />
      {comparison.pairs.length > 0 && (
        <div className="mt-4">
          <Differences comparison={comparison} />
        </div>
      )}
      <p className="mt-2 text-muted">
        {comparison.prompts} prompts, {Number((100 * comparison.confidence).toFixed(2))} % intervals. Holm p is adjusted
        for every row that is tested alike.
      </p>
    </Panel>
  );
}

function Figures({ comparison: { methods } }: { comparison: MethodComparison }) {
  return (
    <Table label="Methods of this study">
      <thead>
        <tr>
          <Th>Method</Th>
          <Th className="text-right">Seeds</Th>
          <Th title={SENTENCES.hypervolume}>Hypervolume</Th>
          <Th title={SENTENCES.meanInnerProduct}>Mean inner product</Th>
          <Th title={SENTENCES.poolRegret}>Pool regret</Th>
        </tr>
      </thead>
      <tbody>
        {methods.map(({ name, seeds, hypervolume, meanInnerProduct, poolRegret }) => (
          <tr key={name}>
            <Td className="font-medium">{name}</Td>
            <Td className="text-right tabular-nums">{seeds.length === 0 ? "–" : seeds.length}</Td>
            <FigureCell figure={hypervolume} />
            <FigureCell figure={meanInnerProduct} />
            <FigureCell figure={poolRegret} />
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Differences({ comparison: { pairs } }: { comparison: MethodComparison }) {
  return (
    <Table label="Differences between methods">
      <thead>
        <tr>
          <Th>Difference</Th>
          <Th>Hypervolume</Th>
          <Th>Holm p</Th>
          <Th>Mean inner product</Th>
          <Th>Holm p</Th>
        </tr>
      </thead>
      <tbody>
        {pairs.map(({ first, second, hypervolume, meanInnerProduct }) => (
          <tr key={`${first} ${second}`}>
            <Td className="whitespace-nowrap">
              {first} – {second}
            </Td>
            <FigureCell figure={hypervolume.difference} />
            <TestCell test={hypervolume.tests.at(-1)} />
            <FigureCell figure={meanInnerProduct.difference} />
            <TestCell test={meanInnerProduct.tests.at(-1)} />
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const FigureCell = ({ figure: { value, interval, over } }: { figure: UncertainFigure }) => (
  <Td title={interval ? `interval over ${over}` : undefined}>
    <Estimate value={value} low={interval?.low} high={interval?.high} />
  </Td>
);

/** Of the test over most. */
function TestCell({ test }: { test: MethodTest | undefined }) {
  if (test?.holm.value == null) return <Td title={reasonOf(test)}>–</Td>;
  return (
    <Td className="tabular-nums" title={`${test.by} over ${test.over}`}>
      {test.holm.value < 0.0005 ? "< 0.001" : test.holm.value.toFixed(3)}
    </Td>
  );
}

const reasonOf = (test: MethodTest | undefined): string | undefined =>
  test?.holm.value === null ? test.holm.reason : undefined;
