-- What was recorded after it ran began with its first point and ended with its last, not when it was recorded.
WITH measured AS (
  SELECT a.id, a."runId", min(p.time) AS first, max(p.time) AS last
  FROM "Attempt" a
  JOIN "MetricSeries" s ON s."runId" = a."runId"
  JOIN "MetricPoint" p ON p."seriesId" = s.id AND p.attempt = a.number
  WHERE a.launcher = 'recorded' AND a."endedAt" IS NOT NULL
  GROUP BY a.id, a."runId"
), attempts AS (
  UPDATE "Attempt" a SET "startedAt" = measured.first, "heartbeatAt" = measured.last, "endedAt" = measured.last
  FROM measured WHERE a.id = measured.id AND measured.first < a."startedAt"
  RETURNING a."runId", a."startedAt" AS first, a."endedAt" AS last
)
UPDATE "Run" r SET "startedAt" = attempts.first, "endedAt" = CASE WHEN r."endedAt" IS NOT NULL THEN attempts.last END
FROM attempts WHERE r.id = attempts."runId";
