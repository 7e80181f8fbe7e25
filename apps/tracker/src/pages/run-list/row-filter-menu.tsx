import { DropdownMenu as Radix } from "radix-ui";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import type { RunRow } from "../../api/types.ts";
import { classes } from "../../components/classes.ts";
import { FLOATING, FLOATING_PLACE } from "../../components/floating.ts";
import { FIXED_COLUMNS, type RunColumn } from "./columns.tsx";
import type { ListRow } from "./rows.ts";

interface Menu {
  run: RunRow;
  /** the name that had the focus */
  origin: HTMLElement;
  place: { left: number; top: number };
}

interface Settings {
  rows: readonly ListRow[];
  columns: readonly RunColumn[];
  onFilter: (term: string) => void;
}

/** Pressing = on a run's name opens a menu of its values: what pressing a cell does, for the keyboard. */
export function useRowFilterMenu({ rows, columns, onFilter }: Settings): {
  menu: ReactNode;
  /** whether the key was one of its own */
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => boolean;
} {
  const [menu, setMenu] = useState<Menu | null>(null);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): boolean => {
    if (event.key !== "=" || event.ctrlKey || event.metaKey || event.altKey) return false;
    const origin = (event.target as HTMLElement).closest<HTMLElement>("[data-index] a");
    const row = rows[Number(origin?.closest<HTMLElement>("[data-index]")?.dataset.index)];
    if (!origin || row?.type !== "run") return false;
    event.preventDefault();
    const { left, bottom } = origin.getBoundingClientRect();
    setMenu({ run: row.run, origin, place: { left, top: bottom } });
    return true;
  };
  return {
    onKeyDown,
    menu: menu && <FilterMenu menu={menu} columns={columns} onFilter={onFilter} onClose={() => setMenu(null)} />,
  };
}

function FilterMenu({
  menu: { run, origin, place },
  columns,
  onFilter,
  onClose,
}: {
  menu: Menu;
  columns: readonly RunColumn[];
  onFilter: (term: string) => void;
  onClose: () => void;
}) {
  const all = [...columns, ...FIXED_COLUMNS.filter(({ name }) => !columns.some((column) => column.name === name))];
  const terms = [...new Set(all.flatMap((column) => column.terms?.(run) ?? []))].filter(
    (term) => !term.endsWith("= none"),
  );
  return (
    <Radix.Root open modal={false} onOpenChange={(open) => (open ? undefined : onClose())}>
      <Radix.Trigger asChild>
        <span aria-hidden tabIndex={-1} className="pointer-events-none fixed size-0" style={place} />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          {...FLOATING_PLACE}
          align="start"
          aria-label={`Filter by what ${run.name} has`}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            origin.focus();
          }}
          onKeyDown={(event) => event.stopPropagation()} // the table's own keys
          className={classes(FLOATING, "max-h-80 max-w-sm p-1")}
        >
          {terms.flatMap((term) =>
            [term, `not ${term}`].map((text) => (
              <Radix.Item
                key={text}
                onSelect={() => onFilter(text)}
                className="cursor-default truncate rounded px-2 py-1.5 font-mono text-xs outline-none select-none data-highlighted:bg-accent-soft"
              >
                {text}
              </Radix.Item>
            )),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
