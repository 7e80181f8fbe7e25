import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Input } from "../components/input.tsx";
import { controlOf, isLarge, startOf } from "./control.ts";
import { isRecord } from "./is-record.ts";
import { useSetting } from "./form-state.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Path } from "@uniarm/pipeline/schema";
import type { ValueControl } from "./value-control.ts";

interface ListProps {
  item: JsonSchema;
  path: Path;
  label: string;
  ValueControl: ValueControl;
}

/** Objects or lists one below the other. */
export function ListControl({ item, path, label, ValueControl }: ListProps) {
  const { value, set } = useSetting(path);
  const list = Array.isArray(value) ? (value as unknown[]) : [];
  return (
    <div className="flex flex-col gap-3">
      {list.map((_, index) => (
        <div key={index} role="group" aria-label={`${label} ${index + 1}`} className="flex items-start gap-2">
          <div className="min-w-0 grow rounded-md border border-line bg-page p-3">
            {controlOf(item).type === "group" ? (
              <details open={list.length === 1}>
                <summary className="font-medium">{titleOf(list[index]) ?? `${label} ${index + 1}`}</summary>
                <div className="mt-3">
                  <ItemControl
                    item={item}
                    path={[...path, index]}
                    label={`${label} ${index + 1}`}
                    ValueControl={ValueControl}
                  />
                </div>
              </details>
            ) : (
              <ItemControl
                item={item}
                path={[...path, index]}
                label={`${label} ${index + 1}`}
                ValueControl={ValueControl}
              />
            )}
          </div>
          <Button
            look="ghost"
            size="icon"
            aria-label={`Remove ${label.toLowerCase()} ${index + 1}`}
            onClick={() => set(list.filter((_one, place) => place !== index))}
          >
            <Trash2 aria-hidden />
          </Button>
        </div>
      ))}
      <Button size="small" className="self-start" onClick={() => set([...list, startOf(item)])}>
        <Plus aria-hidden />
        Add to {label.toLowerCase()}
      </Button>
    </div>
  );
}

/** What names an item of a list. */
function titleOf(value: unknown): string | null {
  if (!isRecord(value)) return null;
  const found = [value.name, value.objective, value.id].find((one) => typeof one === "string" && one !== "");
  return typeof found === "string" ? found : null;
}

/** A control of an item has no label of its own but the item's number. */
function ItemControl({ item, path, label, ValueControl }: ListProps) {
  const { id, problem, problemId } = useSetting(path);
  return (
    <>
      {!isLarge(item) && (
        <label htmlFor={id} className="sr-only">
          {label}
        </label>
      )}
      <ValueControl schema={item} path={path} label={label} required />
      {problem !== undefined && (
        <p id={problemId} className="mt-1 text-xs font-medium text-bad">
          {problem}
        </p>
      )}
    </>
  );
}

/** Values by name. */
export function RecordControl({ item, path, label, ValueControl }: ListProps) {
  const { value, set } = useSetting(path);
  const [name, setName] = useState("");
  const record = isRecord(value) ? value : {};
  const add = (): void => {
    if (name.trim() === "" || Object.hasOwn(record, name.trim())) return;
    set({ ...record, [name.trim()]: startOf(item) });
    setName("");
  };
  return (
    <div className="flex flex-col gap-2">
      {Object.keys(record).map((key) => (
        <div key={key} role="group" aria-label={`${label}: ${key}`} className="flex items-start gap-2">
          <span className="w-28 shrink-0 py-2 font-mono text-xs break-all">{key}</span>
          <div className="min-w-0 grow">
            <ItemControl item={item} path={[...path, key]} label={`${label}: ${key}`} ValueControl={ValueControl} />
          </div>
          <Button
            look="ghost"
            size="icon"
            aria-label={`Remove ${key}`}
            onClick={() => set(Object.fromEntries(Object.entries(record).filter(([one]) => one !== key)))}
          >
            <Trash2 aria-hidden />
          </Button>
        </div>
      ))}
      <div className="flex gap-2">
        <Input
          aria-label={`${label}: new name`}
          placeholder="name"
          value={name}
          onChange={({ target }) => setName(target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault(); // the form is not to be sent
            add();
          }}
          className="max-w-48"
        />
        <Button onClick={add}>
          <Plus aria-hidden />
          Add
        </Button>
      </div>
    </div>
  );
}
