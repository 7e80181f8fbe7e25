import { ArrowDown, ArrowUp, ArrowUpDown } from "lucide-react";
import type { CSSProperties } from "react";
import { Checkbox } from "../../components/checkbox.tsx";
import { classes } from "../../components/classes.ts";
import { NAME_COLUMN } from "./column-widths.ts";
import type { RunColumn } from "./columns.tsx";
import type { HeadingDrag } from "./use-heading-drag.ts";

export interface TableHeadProps {
  columns: readonly RunColumn[];
  sort: string | undefined;
  onSort: (field: string) => void;
  /** whether all rows are chosen */
  chosen: boolean | "indeterminate";
  onChosen: (on: boolean) => void;
  drag: HeadingDrag;
  style: CSSProperties;
}

/** The headings: a press sorts, a drag moves the column, a drag of the right edge resizes it. */
export function TableHead({ columns, sort, onSort, chosen, onChosen, drag, style }: TableHeadProps) {
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="sticky top-0 z-10 grid h-9 items-center border-b border-line bg-sunken text-xs font-semibold text-muted select-none"
      style={style}
    >
      <span role="columnheader" className="flex justify-center">
        <Checkbox label="Choose all that are loaded" checked={chosen} onChange={onChosen} />
      </span>
      <Heading name={NAME_COLUMN} label="Name" field={NAME_COLUMN} sort={sort} onSort={onSort} drag={drag} />
      {columns.map(({ name, label, sort: field, numeric }) => (
        <Heading
          key={name}
          name={name}
          label={label}
          field={field}
          sort={sort}
          onSort={onSort}
          numeric={numeric === true}
          drag={drag}
        />
      ))}
    </div>
  );
}

interface HeadingProps {
  name: string;
  label: string;
  /** what the server sorts by; null: not by it */
  field: string | null;
  sort: string | undefined;
  onSort: (field: string) => void;
  numeric?: boolean;
  drag: HeadingDrag;
}

function Heading({ name, label, field, sort = "-created", onSort, numeric = false, drag }: HeadingProps) {
  const direction =
    field === null ? undefined : sort === field ? "ascending" : sort === `-${field}` ? "descending" : "none";
  const Icon = direction === "ascending" ? ArrowUp : direction === "descending" ? ArrowDown : ArrowUpDown;
  return (
    <span
      role="columnheader"
      aria-sort={direction}
      data-column={name}
      {...drag.headingProps(name)}
      className={classes(
        "relative flex h-full min-w-0 items-center px-3",
        numeric && "justify-end",
        drag.moving?.name === name && "opacity-50",
        drag.moving?.to === name && drag.moving.name !== name && "bg-accent-soft",
        drag.moving?.to === name &&
          (drag.moving.isRight ? "shadow-[inset_-3px_0_var(--accent)]" : "shadow-[inset_3px_0_var(--accent)]"),
      )}
    >
      {field === null ? (
        <span className="truncate">{label}</span>
      ) : (
        <button
          type="button"
          title={`Sort by ${label}`}
          onClick={() => onSort(field)}
          className="inline-flex max-w-full min-w-0 items-center gap-1 hover:text-ink"
        >
          <span className="truncate">{label}</span>
          <Icon aria-hidden className={classes("size-3.5 shrink-0", direction === "none" && "opacity-40")} />
        </button>
      )}
      <span
        aria-hidden // the menu of columns does the same for keys
        data-edge={name}
        title="Drag to resize"
        {...drag.edgeProps(name)}
        className="absolute inset-y-0 right-0 w-2 cursor-col-resize touch-none border-r border-line hover:border-accent"
      />
    </span>
  );
}
