import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { queries } from "../../api/queries.ts";
import type { Outputs } from "../../api/types.ts";
import { useProject } from "../../app/project.ts";
import type { FrontsSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { Input } from "../../components/input.tsx";
import { countText } from "../../text/number.ts";

type Filters = Pick<FrontsSearch, "protocol" | "method" | "run">;

const FIELDS = [
  { name: "method", label: "Method", placeholder: "uniarm" },
  { name: "run", label: "Run and its parts", placeholder: "id of a run" },
  { name: "protocol", label: "Protocol", placeholder: "beginning of its hash" },
] as const;

/** So much of a protocol's hash tells it from others. */
const PROTOCOL_LETTERS = 12;

interface Choice {
  value: string;
  label: string;
}
type Choices = Record<keyof Filters, Choice[]>;
const NO_CHOICES: Choices = { method: [], run: [], protocol: [] };

/** What the project's fronts are of is offered, and anything can be written. Asked with Enter; what is asked stands in the URL. */
export function FrontFilters({ search, onSearch }: { search: Filters; onSearch: (changes: Filters) => void }) {
  const asked = JSON.stringify([search.method, search.run, search.protocol]);
  const [draft, setDraft] = useState<Filters>(search);
  const [applied, setApplied] = useState(asked);
  if (applied !== asked) {
    // changed elsewhere: a press on a hash, the browser's back
    setApplied(asked);
    setDraft(search);
  }
  const { project, exists } = useProject();
  const { data } = useQuery({ ...queries.frontChoices(project), enabled: exists });
  const choices = data ? choicesOf(data) : NO_CHOICES;
  const listId = useId();
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
            list={`${listId}-${name}`}
            placeholder={placeholder}
            spellCheck={false}
            value={draft[name] ?? ""}
            onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
          />
          <datalist id={`${listId}-${name}`}>
            {choices[name].map((choice) => (
              <option key={choice.value} {...choice} />
            ))}
          </datalist>
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

function choicesOf({ methods, runs, protocols }: Outputs["fronts"]["choices"]): Choices {
  return {
    method: methods.map(({ method, fronts }) => ({ value: method, label: countText(fronts, "front") })),
    run: runs.map(({ id, name, fronts }) => ({ value: id, label: `${name}, ${countText(fronts, "front")}` })),
    protocol: protocols.map(({ hash, objectives, fronts }) => ({
      value: hash.slice(0, PROTOCOL_LETTERS),
      label: `${objectives.join(", ")}, ${countText(fronts, "front")}`,
    })),
  };
}
