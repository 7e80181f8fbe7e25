-- A level between 64 and 4,096 steps: a chart of a million steps reads two thousand sums, not sixteen thousand.
INSERT INTO "MetricBucket" ("seriesId", width, bucket, attempt, count, sum, min, max)
SELECT "seriesId", 512, bucket / 8, attempt, sum(count), sum(sum), min(min), max(max)
FROM "MetricBucket" WHERE width = 64 GROUP BY "seriesId", bucket / 8, attempt ORDER BY 1, 3, 4;
