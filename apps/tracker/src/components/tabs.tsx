import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface Tab<Name extends string> {
  name: Name;
  label: ReactNode;
  content: () => ReactNode;
}

/** The chosen tab stands in the URL: the page passes it in and is told of the next one. */
export function Tabs<Name extends string>({
  value,
  onChange,
  tabs,
  label,
}: {
  value: Name;
  onChange: (name: Name) => void;
  tabs: readonly Tab<Name>[];
  label: string;
}) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as Name)}>
      <Radix.List aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.name}
            value={tab.name}
            className="inline-flex items-center gap-1.5 border-b-2 border-transparent px-3 py-2 font-medium whitespace-nowrap text-muted -outline-offset-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.name} value={tab.name} className="pt-4" tabIndex={-1}>
          {tab.name === value && tab.content()}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
