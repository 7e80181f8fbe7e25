import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { queries } from "../../api/queries.ts";
import { useProject } from "../../app/project.ts";
import { buttonLook } from "../../components/button.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { DiskPanel } from "./disk-panel.tsx";
import { FirstRun } from "./first-run.tsx";
import { FrontsPanel } from "./fronts-panel.tsx";
import { ProjectsPanel } from "./projects-panel.tsx";
import { RunsPanel } from "./runs-panel.tsx";
import { WorkersPanel } from "./workers-panel.tsx";

export function OverviewPage() {
  const { project, exists, isPending } = useProject();
  const { data: recent } = useQuery({ ...queries.runs({ project, limit: 1 }), enabled: exists });
  const isEmpty = !isPending && (!exists || recent?.runs.length === 0);
  return (
    <>
      <PageTitle
        title="Overview"
        actions={
          <Link to="/launch" className={buttonLook("primary")}>
            <Rocket aria-hidden />
            Launch
          </Link>
        }
      />
      {isPending || (exists && !recent) ? (
        <div className="grid gap-4 xl:grid-cols-3">
          <Skeleton className="h-72 xl:col-span-2" />
          <Skeleton className="h-72" />
        </div>
      ) : (
        <div className="flex flex-col gap-4">
          {isEmpty && <FirstRun />}
          <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <div className="flex min-w-0 flex-col gap-4">
              {!isEmpty && (
                <>
                  <RunsPanel
                    title="Running now"
                    none="Nothing runs at the moment."
                    input={{ project, parent: "none", filter: "state = RUNNING", sort: "-started", limit: 8 }}
                  />
                  <RunsPanel
                    title="Queue"
                    none="Nothing waits."
                    input={{ project, parent: "none", filter: "state = QUEUED,WAITING", sort: "created", limit: 8 }}
                  />
                  <FrontsPanel project={project} />
                  <RunsPanel
                    title="Ended last"
                    none="No run has ended yet."
                    input={{
                      project,
                      parent: "none",
                      filter: "state = SUCCEEDED,FAILED,CANCELLED",
                      sort: "-ended",
                      limit: 8,
                    }}
                  />
                </>
              )}
            </div>
            <div className="flex min-w-0 flex-col gap-4">
              <WorkersPanel />
              <DiskPanel />
              <ProjectsPanel />
            </div>
          </div>
        </div>
      )}
    </>
  );
}
