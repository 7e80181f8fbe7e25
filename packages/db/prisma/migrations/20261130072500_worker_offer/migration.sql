-- AlterTable
ALTER TABLE "Worker" ADD COLUMN     "launcher" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "offer" JSONB;
