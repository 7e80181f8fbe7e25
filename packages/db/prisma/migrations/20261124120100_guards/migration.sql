-- What Prisma's schema language cannot say.

-- No run ever has two live attempts.
CREATE UNIQUE INDEX "Attempt_one_alive" ON "Attempt" ("runId") WHERE "endedAt" IS NULL;

-- A stored file belongs to one thing.
ALTER TABLE "StoredFile" ADD CONSTRAINT "StoredFile_one_owner"
  CHECK (num_nonnulls("checkpointId", "artifactId", "datasetId") = 1);

-- A front is never changed once it is stored; it goes with its run.
CREATE FUNCTION "refuse_update"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is immutable', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER "ParetoFront_immutable" BEFORE UPDATE ON "ParetoFront" FOR EACH ROW EXECUTE FUNCTION "refuse_update"();
CREATE TRIGGER "ParetoPoint_immutable" BEFORE UPDATE ON "ParetoPoint" FOR EACH ROW EXECUTE FUNCTION "refuse_update"();

-- Points go with their series.
CREATE FUNCTION "delete_points"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "MetricPoint" WHERE "seriesId" = OLD."id";
  DELETE FROM "MetricBucket" WHERE "seriesId" = OLD."id";
  RETURN OLD;
END
$$;
CREATE TRIGGER "MetricSeries_points" AFTER DELETE ON "MetricSeries" FOR EACH ROW EXECUTE FUNCTION "delete_points"();
