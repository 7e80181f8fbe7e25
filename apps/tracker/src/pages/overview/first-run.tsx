import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FlaskConical, Rocket } from "lucide-react";
import { useLaunch } from "../../api/actions.ts";
import { queries } from "../../api/queries.ts";
import { useProject } from "../../app/project.ts";
import { Button } from "../../components/button.tsx";
import { Skeleton } from "../../components/skeleton.tsx";

/** Of a project without runs: what ships can be launched with one click. */
export function FirstRun() {
  const { project } = useProject();
  const { data } = useQuery(queries.templates());
  const launch = useLaunch();
  return (
    <section className="rounded-lg border border-dashed border-line-strong bg-surface p-6">
      <div className="flex items-start gap-3">
        <FlaskConical aria-hidden className="mt-0.5 size-6 shrink-0 text-accent" />
        <div>
          <h2 className="text-base font-semibold">Nothing has run in this project yet</h2>
          <p className="mt-1 max-w-prose text-muted">
            A study trains an ARM (autoregressive reward model), steers the base model with it under a grid of
            preferences, and measures the Pareto front. These ship, and need nothing but a worker:
          </p>
        </div>
      </div>
      <ul className="mt-5 grid gap-3 md:grid-cols-3">
        {data?.templates.map(({ name, title, description, config }, index) => (
          <li key={name} className="flex flex-col gap-3 rounded-md border border-line p-4">
            <h3 className="font-semibold">{title}</h3>
            <p className="grow text-muted">{description}</p>
            <div className="flex flex-wrap gap-2">
              <Button
                look={index === 0 ? "primary" : "plain"}
                busy={launch.isPending}
                onClick={() => launch.mutate({ project, kind: "study", name, config })}
              >
                <Rocket aria-hidden />
                Launch {title}
              </Button>
              <Button asChild look="ghost">
                <Link to="/launch" search={{ template: name }}>
                  Change first<span className="sr-only">: {title}</span>
                </Link>
              </Button>
            </div>
          </li>
        )) ?? Array.from({ length: 3 }, (_, index) => <Skeleton key={index} className="h-40" />)}
      </ul>
    </section>
  );
}
