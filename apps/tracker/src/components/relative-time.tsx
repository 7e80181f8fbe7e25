import { exactTime, relativeTime } from "../text/time.ts";
import { useNow } from "./use-now.ts";

/** "3 min ago", kept current; the exact time on hover. */
export function RelativeTime({ time }: { time: string | null | undefined }) {
  const text = useNow((now) => (time == null ? "–" : relativeTime(time, now)));
  if (time == null) return <span className="text-muted">–</span>;
  return (
    <time dateTime={time} title={exactTime(time)} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  );
}
