import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { numberText } from "../text/number.ts";

/** What a chart is drawn from. */
export interface ChartData {
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

const ROW_PX = 28;

/** More of a text is not in the page. */
const MOST_LETTERS = 2000;
const SHORT_LETTERS = 60;

/** The table view of a chart; as long as it needs to be. */
export function DataTable({ data, label, height }: { data: ChartData; label: string; height: number }) {
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: data.rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const shown = rows.getVirtualItems();
  const before = shown[0]?.start ?? 0;
  const after = rows.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <div ref={scroll} style={{ height }} className="overflow-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full border-collapse text-left text-xs tabular-nums" aria-rowcount={data.rows.length + 1}>
        <thead className="sticky top-0 bg-sunken">
          <tr>
            {data.columns.map((name, column) => (
              <th key={column} scope="col" className="px-2 py-1.5 font-semibold whitespace-nowrap text-muted">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Space height={before} columns={data.columns.length} />}
          {shown.map(({ index, key }) => (
            <tr key={key} className="h-[28px] border-b border-line" aria-rowindex={index + 2}>
              {data.rows[index]!.map((value, column) => (
                <td key={column} className="max-w-lg truncate px-2" title={longText(value)}>
                  {typeof value === "string" ? value.slice(0, MOST_LETTERS) : numberText(value)}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <Space height={after} columns={data.columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

/** A cell that may not have room for its text has it on hover. */
const longText = (value: string | number | null): string | undefined =>
  typeof value === "string" && value.length > SHORT_LETTERS ? value.slice(0, MOST_LETTERS) : undefined;

const Space = ({ height, columns }: { height: number; columns: number }) => (
  <tr aria-hidden>
    <td colSpan={columns} style={{ height }} />
  </tr>
);
