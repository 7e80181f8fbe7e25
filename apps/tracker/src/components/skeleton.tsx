import { classes } from "./classes.ts";

/** As large as what will stand there: nothing moves when it comes. */
export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={classes("animate-pulse rounded-md bg-sunken", className)} />
);

export const SkeletonRows = ({ rows = 5 }: { rows?: number }) => (
  <div className="flex flex-col gap-2" role="status" aria-label="Loading">
    {Array.from({ length: rows }, (_, index) => (
      <Skeleton key={index} className="h-9" />
    ))}
  </div>
);
