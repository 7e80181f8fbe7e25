-- AlterTable
ALTER TABLE "Worker" ADD COLUMN     "cannotRun" TEXT[] DEFAULT ARRAY[]::TEXT[];
