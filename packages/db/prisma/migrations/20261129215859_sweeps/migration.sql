-- AlterTable
ALTER TABLE "Run" ADD COLUMN     "useCache" BOOLEAN NOT NULL DEFAULT true;
