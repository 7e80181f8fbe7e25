-- A worker is one process: what its successor declared dead is given nothing any more.
ALTER TABLE "Worker" ADD COLUMN "problem" TEXT NOT NULL DEFAULT '',
ADD COLUMN "endedAt" TIMESTAMPTZ(3);
