-- CreateTable
CREATE TABLE "PlaygroundHold" (
    "runId" TEXT NOT NULL,
    "attemptId" TEXT,
    "usedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "releasedAt" TIMESTAMPTZ(3),
    "releaseSeen" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "PlaygroundHold_pkey" PRIMARY KEY ("runId")
);

-- CreateTable
CREATE TABLE "PlaygroundRequest" (
    "id" TEXT NOT NULL,
    "runId" TEXT NOT NULL,
    "request" TEXT NOT NULL,
    "openRows" INTEGER NOT NULL,
    "handedTo" TEXT,
    "isSeen" BOOLEAN NOT NULL DEFAULT false,
    "isCancelled" BOOLEAN NOT NULL DEFAULT false,
    "isBehind" BOOLEAN NOT NULL DEFAULT false,
    "lastSequence" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heardUntil" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "PlaygroundRequest_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "PlaygroundAnswer" (
    "requestId" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "chunks" TEXT NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "PlaygroundAnswer_pkey" PRIMARY KEY ("requestId","sequence")
);

-- CreateIndex
CREATE INDEX "PlaygroundRequest_runId_idx" ON "PlaygroundRequest"("runId");

-- AddForeignKey
ALTER TABLE "PlaygroundHold" ADD CONSTRAINT "PlaygroundHold_runId_fkey" FOREIGN KEY ("runId") REFERENCES "Run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PlaygroundRequest" ADD CONSTRAINT "PlaygroundRequest_runId_fkey" FOREIGN KEY ("runId") REFERENCES "Run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PlaygroundAnswer" ADD CONSTRAINT "PlaygroundAnswer_requestId_fkey" FOREIGN KEY ("requestId") REFERENCES "PlaygroundRequest"("id") ON DELETE CASCADE ON UPDATE CASCADE;
