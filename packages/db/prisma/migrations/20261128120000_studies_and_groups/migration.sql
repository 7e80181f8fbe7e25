-- A group is a folder of runs; a study is methods x seeds under one protocol. Both were called experiment.
ALTER TABLE "Experiment" RENAME TO "Group";
ALTER TABLE "Group" RENAME CONSTRAINT "Experiment_pkey" TO "Group_pkey";
ALTER TABLE "Group" RENAME CONSTRAINT "Experiment_projectId_fkey" TO "Group_projectId_fkey";
ALTER INDEX "Experiment_projectId_name_key" RENAME TO "Group_projectId_name_key";

ALTER TABLE "Run" RENAME COLUMN "experimentId" TO "groupId";
ALTER TABLE "Run" RENAME CONSTRAINT "Run_experimentId_fkey" TO "Run_groupId_fkey";
ALTER INDEX "Run_experimentId_idx" RENAME TO "Run_groupId_idx";

-- the methods under test were called arms; hashes stay those of what was launched
UPDATE "Run" SET kind = 'study', config = (config - 'arms') || jsonb_build_object('methods', config -> 'arms')
  WHERE kind = 'experiment' AND config ? 'arms';
UPDATE "Run" SET kind = 'study' WHERE kind = 'experiment';
