-- DropIndex
DROP INDEX "MetricSeries_key_last_idx";

-- CreateIndex
CREATE INDEX "MetricSeries_key_runId_last_idx" ON "MetricSeries"("key", "runId", "last");
