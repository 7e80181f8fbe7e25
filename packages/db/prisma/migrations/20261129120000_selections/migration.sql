-- CreateTable
CREATE TABLE "Selection" (
    "id" TEXT NOT NULL,
    "items" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Selection_pkey" PRIMARY KEY ("id")
);
