-- AlterTable
ALTER TABLE "Project" ADD COLUMN     "pinnedMetrics" TEXT[] DEFAULT ARRAY[]::TEXT[];
