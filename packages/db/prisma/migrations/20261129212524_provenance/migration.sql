-- AlterTable
ALTER TABLE "Attempt" ADD COLUMN     "provenance" JSONB;

-- AlterTable
ALTER TABLE "Run" ADD COLUMN     "launchedFrom" JSONB;
