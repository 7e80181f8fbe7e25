import { Skeleton } from "../../components/skeleton.tsx";

export const ExplorerSkeleton = () => (
  <div className="flex flex-col gap-4" role="status" aria-label="Loading">
    <Skeleton className="h-9 w-64" />
    <Skeleton className="h-[31rem]" />
    <Skeleton className="h-40" />
    <Skeleton className="h-96" />
  </div>
);
