import { useEffect, useRef, useState } from "react";
import { useRunChanges } from "../../api/live.ts";
import type { Run, RunChange } from "../../api/types.ts";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { sentenceOfChange } from "./change-sentence.ts";

/** The newest of them; metrics and log lines have tabs of their own. */
const MOST = 500;
const LATER_MS = 250;
const ELSEWHERE = new Set<RunChange["type"]>(["metrics", "log", "progress"]);

export function EventsTab({ run }: { run: Run }) {
  const [changes, setChanges] = useState<RunChange[]>([]);
  const waiting = useRef<RunChange[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useRunChanges(run.id, 0, (change) => {
    if (ELSEWHERE.has(change.type)) return;
    waiting.current.push(change);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const added = waiting.current.splice(0).reverse();
      setChanges((known) => [...added, ...known].slice(0, MOST));
    }, LATER_MS);
  });
  if (changes.length === 0) return <SkeletonRows rows={4} />;
  return (
    <Table label="Events, newest first">
      <thead>
        <tr>
          <Th>No.</Th>
          <Th>When</Th>
          <Th>What</Th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.sequence}>
            <Td className="text-muted tabular-nums">{change.sequence}</Td>
            <Td>
              <RelativeTime time={change.time} />
            </Td>
            <Td className="whitespace-pre-wrap">{sentenceOfChange(change)}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
