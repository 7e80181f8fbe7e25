import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import { PageTitle } from "../../components/page-title.tsx";
import { Panel } from "../../components/panel.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { KINDS } from "./kinds.ts";

const CARD = "flex h-full flex-col gap-1 rounded-md border border-line-strong p-4 hover:bg-sunken";

/** What to begin with. */
export function StartChoice() {
  const { data } = useQuery(queries.templates());
  return (
    <>
      <PageTitle title="Launch">
        <p className="mt-1 text-muted">
          Begin with a study that ships, or with one job. A past run is cloned from its own page.
        </p>
      </PageTitle>
      <div className="flex flex-col gap-4">
        <Panel title="Studies that ship">
          <ul className="grid gap-3 md:grid-cols-3">
            {data?.templates.map(({ name, title, description }) => (
              <li key={name}>
                <Link to="/launch" search={{ template: name }} className={CARD}>
                  <span className="font-semibold text-accent">{title}</span>
                  <span className="text-muted">{description}</span>
                </Link>
              </li>
            )) ?? Array.from({ length: 3 }, (_, index) => <Skeleton key={index} className="h-24" />)}
          </ul>
        </Panel>
        <Panel title="From an empty config">
          <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
            {KINDS.map(({ kind, summary }) => (
              <li key={kind}>
                <Link to="/launch" search={{ kind }} className={CARD}>
                  <span className="font-semibold text-accent">{kind}</span>
                  <span className="text-muted">{summary}</span>
                </Link>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
    </>
  );
}
