/** Milliseconds of all spans together; one that has not ended counts up to now. */
export const busyMs = (spans: readonly { startedAt: string | null; endedAt: string | null }[], now: number): number =>
  spans.reduce((sum, { startedAt, endedAt }) => {
    if (startedAt === null) return sum;
    return sum + Math.max(0, (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt));
  }, 0);
