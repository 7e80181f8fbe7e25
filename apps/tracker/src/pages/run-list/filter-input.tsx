import { useQuery } from "@tanstack/react-query";
import { useId, useMemo, useRef, useState, type ComponentProps } from "react";
import { queries } from "../../api/queries.ts";
import type { RunRow } from "../../api/types.ts";
import { classes } from "../../components/classes.ts";
import { FLOATING } from "../../components/floating.ts";
import { Input } from "../../components/input.tsx";
import { suggestionsAt, type Suggestion, type Suggestions } from "./filter-suggestions.ts";
import { useOwnColumns } from "./own-columns.ts";

export interface FilterInputProps extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  value: string;
  onChange: (value: string) => void;
  /** null: the project does not exist yet */
  project: string | null;
  /** settings and metrics of these are offered */
  runs: readonly RunRow[];
}

const NOTHING: Suggestions = { from: 0, to: 0, items: [] };

/** A text field that offers what can be written at the caret: arrows choose, Enter takes, Escape closes. Without a choice Enter filters. */
export function FilterInput({ value, onChange, project, runs, ...rest }: FilterInputProps) {
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const [caret, setCaret] = useState<number | null>(null);
  const [active, setActive] = useState(-1);
  const { data: words } = useQuery({
    ...queries.filterWords(project ?? ""),
    enabled: project !== null && caret !== null,
  });
  const own = useOwnColumns(caret === null ? [] : runs);
  const { from, to, items } = useMemo(
    () => (caret === null || !words ? NOTHING : suggestionsAt(value, caret, { words, own })),
    [value, caret, words, own],
  );
  const isOpen = items.length > 0;
  const look = (): void => {
    setCaret(input.current!.selectionStart);
    setActive(-1);
  };
  /** what is offered next waits for a frame; closed before, it stays closed */
  const offersNext = useRef(false);
  const close = (): void => {
    offersNext.current = false;
    setCaret(null);
  };
  const take = ({ text }: Suggestion): void => {
    const rest = value.slice(to);
    const isSpaced = rest.startsWith(" ");
    onChange(`${value.slice(0, from)}${text}${isSpaced ? "" : " "}${rest}`);
    const end = from + text.length + 1;
    offersNext.current = true;
    requestAnimationFrame(() => {
      input.current?.setSelectionRange(end, end);
      if (offersNext.current) look();
    });
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (caret === null) look();
      else if (isOpen) {
        const step = event.key === "ArrowDown" ? 1 : -1;
        setActive((now) => (now < 0 && step < 0 ? items.length - 1 : (now + step + items.length) % items.length));
      }
      event.preventDefault();
    } else if (event.key === "Escape") {
      if (isOpen) event.preventDefault();
      close();
    } else if (event.key === "Enter" && isOpen && items[active]) {
      event.preventDefault();
      take(items[active]);
    } else if (event.key === "Enter") close();
  };
  return (
    <>
      <Input
        {...rest}
        ref={input}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        aria-activedescendant={isOpen && active >= 0 ? `${listId}-${active}` : undefined}
        spellCheck={false}
        autoComplete="off"
        value={value}
        onChange={({ target }) => {
          onChange(target.value);
          setCaret(target.selectionStart);
          setActive(-1);
        }}
        onClick={look}
        onKeyUp={({ key }) => {
          if (key === "ArrowLeft" || key === "ArrowRight" || key === "Home" || key === "End") look();
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      {isOpen && <SuggestionList id={listId} items={items} active={active} onTake={take} />}
    </>
  );
}

interface SuggestionListProps {
  id: string;
  items: readonly Suggestion[];
  active: number;
  onTake: (item: Suggestion) => void;
}

const SuggestionList = ({ id, items, active, onTake }: SuggestionListProps) => (
  <ul
    id={id}
    role="listbox"
    aria-label="What can be written here"
    className={classes(FLOATING, "absolute top-full left-0 mt-1 max-h-72 w-full max-w-lg overflow-y-auto p-1")}
  >
    {items.map((item, index) => (
      <li
        key={item.text}
        id={`${id}-${index}`}
        ref={(element) => {
          if (index === active) element?.scrollIntoView({ block: "nearest" });
        }}
        role="option"
        aria-selected={index === active}
        onMouseDown={(event) => {
          event.preventDefault(); // the field keeps the focus
          onTake(item);
        }}
        className={classes(
          "flex cursor-default items-baseline justify-between gap-3 rounded px-2 py-1.5",
          index === active ? "bg-accent-soft" : "hover:bg-sunken",
        )}
      >
        <code className="min-w-0 truncate font-mono text-xs">{item.text}</code>
        <span className="shrink-0 text-xs text-muted">{item.says}</span>
      </li>
    ))}
  </ul>
);
