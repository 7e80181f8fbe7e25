import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Moon, Sun } from "lucide-react";
import { useState } from "react";
import { queries } from "../api/queries.ts";
import { StateBadge } from "../components/state-badge.tsx";
import { DESTINATIONS } from "./navigation.ts";
import { useProject } from "./project.ts";
import { setTheme } from "./theme.ts";

const ITEM =
  "flex cursor-default items-center gap-3 rounded-md px-3 py-2 select-none data-[selected=true]:bg-accent-soft [&_svg]:size-4";
const GROUP =
  "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-muted";

export function PaletteContent({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const navigate = useNavigate();
  const { project, exists } = useProject();
  const needle = text.trim();
  const { data } = useQuery({
    ...queries.runs({ project, limit: 8, filter: needle === "" ? undefined : JSON.stringify(needle) }),
    enabled: exists,
    placeholderData: keepPreviousData,
  });
  const { data: templates } = useQuery(queries.templates());
  const go = (action: () => unknown) => () => {
    onClose();
    void action();
  };
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      label="Search and commands"
      shouldFilter={false}
      overlayClassName="fixed inset-0 z-40 bg-black/50"
      contentClassName="fixed top-[12dvh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-2xl"
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="A page, a run by name, tag or id, a study…"
        className="h-12 w-full border-b border-line bg-transparent px-4 outline-none"
      />
      <Command.List className="max-h-[60dvh] overflow-y-auto p-2">
        <Command.Empty className="px-3 py-6 text-center text-muted">Nothing of that name.</Command.Empty>
        <Command.Group heading="Pages" className={GROUP}>
          {DESTINATIONS.filter(({ label }) => matches(label, needle)).map(({ to, label, icon: Icon, letter }) => (
            <Command.Item key={to} value={`page ${label}`} onSelect={go(() => navigate({ to }))} className={ITEM}>
              <Icon aria-hidden />
              <span className="grow">{label}</span>
              <kbd className="text-xs text-muted">g {letter}</kbd>
            </Command.Item>
          ))}
        </Command.Group>
        <Command.Group heading="Runs" className={GROUP}>
          {(exists ? data?.runs : [])?.map(({ id, name, kind, state }) => (
            <Command.Item
              key={id}
              value={`run ${id}`}
              onSelect={go(() => navigate({ to: "/runs/$id", params: { id } }))}
              className={ITEM}
            >
              <span className="min-w-0 grow truncate">{name}</span>
              <span className="text-xs text-muted">{kind}</span>
              <StateBadge state={state} />
            </Command.Item>
          ))}
        </Command.Group>
        <Command.Group heading="Launch" className={GROUP}>
          {templates?.templates
            .filter(({ title, name }) => matches(`${title} ${name}`, needle))
            .map(({ name, title }) => (
              <Command.Item
                key={name}
                value={`launch ${name}`}
                onSelect={go(() => navigate({ to: "/launch", search: { template: name } }))}
                className={ITEM}
              >
                <span className="grow">{title}</span>
                <span className="text-xs text-muted">study</span>
              </Command.Item>
            ))}
        </Command.Group>
        <Command.Group heading="Theme" className={GROUP}>
          {matches("light theme", needle) && (
            <Command.Item value="light theme" onSelect={go(() => setTheme("light"))} className={ITEM}>
              <Sun aria-hidden /> Light theme
            </Command.Item>
          )}
          {matches("dark theme", needle) && (
            <Command.Item value="dark theme" onSelect={go(() => setTheme("dark"))} className={ITEM}>
              <Moon aria-hidden /> Dark theme
            </Command.Item>
          )}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}

const matches = (label: string, needle: string): boolean => label.toLowerCase().includes(needle.toLowerCase());
