import { useState } from "react";
import type { FrontsSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { Input } from "../../components/input.tsx";

type Filters = Pick<FrontsSearch, "protocol" | "method" | "run">;

const FIELDS = [
  { name: "method", label: "Method", placeholder: "uniarm" },
  { name: "run", label: "Run and its parts", placeholder: "id of a run" },
  { name: "protocol", label: "Protocol", placeholder: "beginning of its hash" },
] as const;

/** Asked with Enter; what is asked stands in the URL. */
export function FrontFilters({ search, onSearch }: { search: Filters; onSearch: (changes: Filters) => void }) {
  const asked = JSON.stringify([search.method, search.run, search.protocol]);
  const [draft, setDraft] = useState<Filters>(search);
  const [applied, setApplied] = useState(asked);
  if (applied !== asked) {
    // changed elsewhere: a press on a hash, the browser's back
    setApplied(asked);
    setDraft(search);
  }
  const isFiltered = FIELDS.some(({ name }) => search[name] !== undefined);
  return (
    <form
      role="search"
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(Object.fromEntries(FIELDS.map(({ name }) => [name, draft[name]?.trim() || undefined])));
      }}
    >
      {FIELDS.map(({ name, label, placeholder }, index) => (
        <label key={name} className="flex min-w-36 flex-1 flex-col gap-1 sm:max-w-60">
          <span className="text-xs font-semibold text-muted">{label}</span>
          <Input
            {...(index === 0 ? { "data-page-search": true } : {})}
            placeholder={placeholder}
            spellCheck={false}
            value={draft[name] ?? ""}
            onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
          />
        </label>
      ))}
      <Button type="submit">Filter</Button>
      {isFiltered && (
        <Button look="ghost" onClick={() => onSearch({ method: undefined, run: undefined, protocol: undefined })}>
          Show all
        </Button>
      )}
    </form>
  );
}
