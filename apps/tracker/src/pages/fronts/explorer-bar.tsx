import { Braces, FileImage, Sheet } from "lucide-react";
import type { ReactNode } from "react";
import type { FrontSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { classes } from "../../components/classes.ts";
import { Menu } from "../../components/menu.tsx";
import { listOf, textOfList } from "../../text/list.ts";

const PARTS = [
  { name: "volume", label: "Dominated region" },
  { name: "intervals", label: "Error bars" },
  { name: "path", label: "Path by preference" },
  { name: "optimum", label: "Exact optimum" },
] as const;

export interface ExplorerBarProps {
  search: FrontSearch;
  onSearch: (changes: Partial<FrontSearch>) => void;
  objectives: number;
  hasOptimum: boolean;
}

/** What is drawn, and how. */
export function ExplorerBar({ search, onSearch, objectives, hasOptimum }: ExplorerBarProps) {
  const hidden = listOf(search.hide);
  const parts = PARTS.filter(({ name }) => (name !== "optimum" || hasOptimum) && (name !== "path" || objectives === 2));
  const view = search.view ?? defaultView(objectives);
  return (
    <div className="flex flex-wrap items-center gap-2">
      {objectives > 2 && (
        <div role="group" aria-label="View" className="flex">
          {(["pairs", "parallel"] as const).map((name) => (
            <Button
              key={name}
              aria-pressed={view === name}
              className={classes(
                "first:rounded-r-none last:-ml-px last:rounded-l-none",
                view === name && "border-accent! bg-accent-soft! z-1",
              )}
              onClick={() => onSearch({ view: name === defaultView(objectives) ? undefined : name })}
            >
              {name === "pairs" ? "Pairs" : "Parallel coordinates"}
            </Button>
          ))}
        </div>
      )}
      <Menu
        label="What is drawn"
        items={parts.map(({ name, label }) => ({
          label,
          checked: !hidden.includes(name),
          onSelect: () =>
            onSearch({
              hide: textOfList(hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name]),
            }),
        }))}
      >
        <Button>Show{hidden.length > 0 && ` (${parts.length - hidden.length} of ${parts.length})`}</Button>
      </Menu>
    </div>
  );
}

export const defaultView = (objectives: number): "pairs" | "parallel" => (objectives > 3 ? "parallel" : "pairs");

export interface ExportsProps {
  onCsv: () => void;
  onJson: () => void;
  onSvg: () => void;
  children?: ReactNode;
}

export function Exports({ onCsv, onJson, onSvg, children }: ExportsProps) {
  return (
    <>
      {children}
      <Button onClick={onCsv}>
        <Sheet aria-hidden />
        CSV
      </Button>
      <Button onClick={onJson}>
        <Braces aria-hidden />
        JSON
      </Button>
      <Button onClick={onSvg}>
        <FileImage aria-hidden />
        SVG
      </Button>
    </>
  );
}
