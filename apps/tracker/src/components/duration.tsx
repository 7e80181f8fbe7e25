import { durationText } from "../text/time.ts";
import { useNow } from "./use-now.ts";

/** From a beginning to an end, or to now while there is none. */
export function Duration({ from, to }: { from: string | null | undefined; to: string | null | undefined }) {
  const text = useNow((now) => {
    if (from == null) return "–";
    const end = to == null ? Math.max(now, Date.parse(from)) : Date.parse(to);
    return durationText(end - Date.parse(from));
  });
  return <span className={from == null ? "text-muted" : "whitespace-nowrap tabular-nums"}>{text}</span>;
}
