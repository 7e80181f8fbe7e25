import { flattenConfig, isRecorded } from "@uniarm/pipeline/schema";
import { useMemo, useState } from "react";
import type { Run } from "../../api/types.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Input } from "../../components/input.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { commandOf } from "./command.ts";

/** Every setting by its path, with search; copied as JSON or as the command that launches the same. */
export function ConfigTab({ run }: { run: Run }) {
  const [needle, setNeedle] = useState("");
  const settings = useMemo(() => flattenConfig(run.config), [run.config]);
  const shown = settings.filter(({ path, text }) =>
    `${path} ${text}`.toLowerCase().includes(needle.trim().toLowerCase()),
  );
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Input
          data-page-search
          aria-label="Find a setting"
          placeholder="Find a setting or a value"
          value={needle}
          onChange={(event) => setNeedle(event.target.value)}
          className="max-w-80"
        />
        <CopyButton text={() => JSON.stringify(run.config, null, 2)}>Copy JSON</CopyButton>
        {!isRecorded(run.kind) && <CopyButton text={() => commandOf(run)}>Copy command</CopyButton>}
      </div>
      <Table label="Config">
        <thead>
          <tr>
            <Th>Setting</Th>
            <Th>Value</Th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ path, text }) => (
            <tr key={path}>
              <Td className="font-mono text-xs break-all">{path}</Td>
              <Td className="font-mono text-xs break-all whitespace-pre-wrap">{text}</Td>
            </tr>
          ))}
          {shown.length === 0 && (
            <tr>
              <Td colSpan={2} className="text-muted">
                No setting of that name or value.
              </Td>
            </tr>
          )}
        </tbody>
      </Table>
    </div>
  );
}
