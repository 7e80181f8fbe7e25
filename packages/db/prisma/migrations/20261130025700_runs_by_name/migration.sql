-- CreateIndex
CREATE INDEX "Run_projectId_name_idx" ON "Run"("projectId", "name");
