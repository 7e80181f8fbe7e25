import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { queries } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";

/** Who changed what, newest first. */
export function AuditTab() {
  const query = useInfiniteQuery(queries.audit());
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  if (query.isPending) return <SkeletonRows rows={8} />;
  if (entries.length === 0) return <EmptyState icon={History} title="Nothing was changed yet." />;
  return (
    <div className="flex flex-col gap-3">
      <Table label="Audit">
        <thead>
          <tr>
            {["When", "Who", "What", "Of", "Details"].map((name) => (
              <Th key={name}>{name}</Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map(({ id, time, actor, action, target, detail }) => (
            <tr key={id}>
              <Td>
                <RelativeTime time={time} />
              </Td>
              <Td className="break-all">{actor}</Td>
              <Td>
                <code className="font-mono text-xs">{action}</code>
              </Td>
              <Td>
                <code className="font-mono text-xs break-all">{target}</code>
              </Td>
              <Td>
                <code className="line-clamp-2 font-mono text-xs break-all text-muted">{detailText(detail)}</code>
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} className="self-start">
          Show earlier ones
        </Button>
      )}
    </div>
  );
}

const detailText = (detail: unknown): string => {
  const text = JSON.stringify(detail);
  return text === "{}" ? "" : text;
};
