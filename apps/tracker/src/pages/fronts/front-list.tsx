import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChartSpline, Layers2, X } from "lucide-react";
import { queries } from "../../api/queries.ts";
import { useKeepList, useUrlList } from "../../api/url-list.ts";
import type { FrontRow } from "../../api/types.ts";
import { useProject } from "../../app/project.ts";
import type { FrontsSearch } from "../../app/search.ts";
import { Button, buttonLook } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { classes } from "../../components/classes.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { FigureCells, FigureHeads, FrontCells, FrontHeads } from "../../components/front-cells.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { countText } from "../../text/number.ts";
import { FrontFilters } from "./front-filters.tsx";

const PAGE = 50;
const SHORT_HASH = 8;

export interface FrontListProps {
  search: FrontsSearch;
  onSearch: (changes: Partial<FrontsSearch>) => void;
}

export function FrontList({ search, onSearch }: FrontListProps) {
  const { project, exists, isPending } = useProject();
  const { protocol, method, run } = search;
  const filters = { ...(protocol ? { protocol } : {}), ...(method ? { method } : {}), ...(run ? { run } : {}) };
  const query = useInfiniteQuery({ ...queries.fronts({ project, limit: PAGE, ...filters }), enabled: exists });
  const fronts = query.data?.pages.flatMap((page) => page.fronts) ?? [];
  const chosen = useUrlList({ text: search.chosen, id: search.chosenIn }).items ?? [];
  const keep = useKeepList();
  const onChosen = (ids: readonly string[]): void => {
    const { text, id } = keep(ids);
    onSearch({ chosen: text === "" ? undefined : text, chosenIn: id });
  };
  const isLoading = isPending || (exists && query.isPending);
  return (
    <>
      <PageTitle title="Fronts">
        <p className="text-muted">What a method obtains under a grid of preferences. Choose several to overlay them.</p>
      </PageTitle>
      <div className="flex flex-col gap-3">
        <FrontFilters search={search} onSearch={onSearch} />
        {chosen.length > 0 && <Chosen ids={chosen} fronts={fronts} search={search} onSearch={onSearch} />}
        {isLoading ? (
          <SkeletonRows rows={6} />
        ) : fronts.length === 0 ? (
          <EmptyState icon={ChartSpline} title={Object.keys(filters).length > 0 ? "No front fits." : "No fronts yet."}>
            {Object.keys(filters).length > 0
              ? "Leave out one of the filters."
              : "An evaluation stores one; the demo study on the overview makes the first."}
          </EmptyState>
        ) : (
          <FrontTable
            fronts={fronts}
            chosen={chosen}
            onChosen={(id, on) => onChosen(on ? [...chosen, id] : chosen.filter((one) => one !== id))}
            onSearch={onSearch}
          />
        )}
        {query.hasNextPage && (
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} className="self-start">
            More fronts
          </Button>
        )}
      </div>
    </>
  );
}

interface ChosenProps extends FrontListProps {
  ids: readonly string[];
  fronts: readonly FrontRow[];
}

function Chosen({ ids, fronts, search, onSearch }: ChosenProps) {
  const protocols = new Set(fronts.filter(({ id }) => ids.includes(id)).map(({ protocolHash }) => protocolHash));
  return (
    <div
      role="toolbar"
      aria-label="With the chosen fronts"
      className="flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-accent-soft px-3 py-2"
    >
      <span className="mr-2 font-medium tabular-nums">{ids.length} chosen</span>
      <Link
        to="/fronts"
        search={{
          ...search,
          chosen: undefined,
          chosenIn: undefined,
          ids: search.chosen,
          idsIn: search.chosenIn,
        }}
        className={buttonLook("primary")}
      >
        <Layers2 aria-hidden />
        {ids.length === 1 ? "Explore it" : "Overlay"}
      </Link>
      {protocols.size > 1 && <span>They have {protocols.size} protocols: they cannot be compared.</span>}
      <Button look="ghost" onClick={() => onSearch({ chosen: undefined, chosenIn: undefined })} className="ml-auto">
        <X aria-hidden />
        Choose none
      </Button>
    </div>
  );
}

interface FrontTableProps extends Pick<FrontListProps, "onSearch"> {
  fronts: readonly FrontRow[];
  chosen: readonly string[];
  onChosen: (id: string, on: boolean) => void;
}

function FrontTable({ fronts, chosen, onChosen, onSearch }: FrontTableProps) {
  return (
    <Table label={countText(fronts.length, "front")}>
      <thead>
        <tr>
          <Th>
            <span className="sr-only">Choose</span>
          </Th>
          <FrontHeads />
          <Th>Run</Th>
          <Th>Objectives</Th>
          <Th>Points</Th>
          <FigureHeads />
          <Th>Protocol</Th>
          <Th>Stored</Th>
        </tr>
      </thead>
      <tbody>
        {fronts.map((front) => (
          <tr key={front.id} className={classes("hover:bg-sunken", chosen.includes(front.id) && "bg-accent-soft")}>
            <Td>
              <Checkbox
                label={`Choose ${front.name} of ${front.run.name}`}
                checked={chosen.includes(front.id)}
                onChange={(on) => onChosen(front.id, on)}
              />
            </Td>
            <FrontCells front={front} />
            <Td>
              <RunLink id={front.runId} name={front.run.name} />
            </Td>
            <Td>{front.objectives.join(", ")}</Td>
            <Td className="tabular-nums">{front._count.points}</Td>
            <FigureCells front={front} />
            <Td>
              <button
                type="button"
                title={`Only protocol ${front.protocolHash}`}
                className="font-mono text-xs underline-offset-2 hover:underline"
                onClick={() => onSearch({ protocol: front.protocolHash.slice(0, SHORT_HASH) })}
              >
                {front.protocolHash.slice(0, SHORT_HASH)}
              </button>
            </Td>
            <Td>
              <RelativeTime time={front.createdAt} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
