import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../components/button.tsx";
import { classes } from "../components/classes.ts";
import type { Section } from "./sections.ts";

export interface MetricSectionsProps {
  sections: readonly Section[];
  folded: ReadonlySet<string>;
  onFolded: (ids: readonly string[]) => void;
  /** metrics are to be drawn besides */
  onMore: (keys: readonly string[]) => void;
  /** of the charts of a section */
  className: string;
  chart: (key: string) => ReactNode;
}

/** Charts in sections that fold. A section of which nothing is drawn is folded; opened, it draws its metrics. */
export function MetricSections({ sections, folded, onFolded, onMore, className, chart }: MetricSectionsProps) {
  const isAlone = sections.length === 1 && sections[0]!.drawn.length > 0;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {sections.map((section) => (
        <section key={section.id} aria-label={section.title} className="flex min-w-0 flex-col gap-2">
          {!isAlone && (
            <SectionHead
              section={section}
              isOpen={section.drawn.length > 0 && !folded.has(section.id)}
              onOpen={(open) => {
                if (open && section.drawn.length === 0) onMore(section.rest);
                const others = [...folded].filter((id) => id !== section.id);
                if (!open) onFolded([...others, section.id]);
                else if (folded.has(section.id)) onFolded(others);
              }}
              onMore={onMore}
            />
          )}
          {(isAlone || !folded.has(section.id)) && section.drawn.length > 0 && (
            <div className={className}>{section.drawn.map(chart)}</div>
          )}
        </section>
      ))}
    </div>
  );
}

interface SectionHeadProps {
  section: Section;
  isOpen: boolean;
  onOpen: (open: boolean) => void;
  onMore: (keys: readonly string[]) => void;
}

function SectionHead({ section: { title, drawn, rest }, isOpen, onOpen, onMore }: SectionHeadProps) {
  const all = drawn.length + rest.length;
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line">
      <h2 className="min-w-0">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => onOpen(!isOpen)}
          className="inline-flex max-w-full items-center gap-1 rounded px-1 py-1.5 text-left font-semibold hover:bg-sunken"
        >
          <ChevronRight aria-hidden className={classes("size-4 shrink-0", isOpen && "rotate-90")} />
          <span className="min-w-0 break-words">{title}</span>
          <span className="font-normal text-muted tabular-nums">
            {rest.length === 0 ? all : `${drawn.length} of ${all}`}
          </span>
        </button>
      </h2>
      {isOpen && rest.length > 0 && (
        <Button size="small" look="ghost" aria-label={`${title}: show all ${all}`} onClick={() => onMore(rest)}>
          Show all {all}
        </Button>
      )}
    </div>
  );
}
