import { Skeleton } from "../components/skeleton.tsx";

export function PendingPage() {
  return (
    <div role="status" aria-label="Loading">
      <Skeleton className="mb-5 h-8 w-60" />
      <Skeleton className="h-72" />
    </div>
  );
}
