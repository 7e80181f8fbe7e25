import { useMemo } from "react";
import { Table, Td, Th } from "../../components/table.tsx";
import { changesBetween } from "../../form/diff.ts";

export function ChangeTable({ before, after, origin }: { before: unknown; after: unknown; origin: string }) {
  const changes = useMemo(() => changesBetween(before, after), [before, after]);
  if (changes.length === 0) return <p className="text-muted">Nothing was changed yet.</p>;
  return (
    <Table label="Changes" className="text-xs">
      <thead>
        <tr>
          <Th>Setting</Th>
          <Th className="max-w-40 truncate">{origin}</Th>
          <Th>Now</Th>
        </tr>
      </thead>
      <tbody className="font-mono">
        {changes.map((change) => (
          <tr key={change.path}>
            <Td className="break-all">{change.path}</Td>
            <Td className="break-all text-muted">{change.before ?? "default"}</Td>
            <Td className="break-all">{change.after ?? "default"}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
