import { countRuns } from "@uniarm/db";
import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Services } from "../context.ts";
import { AccessRefused, type Identify } from "./access.ts";

/** `GET /metrics` in Prometheus' format: the process, the requests, the runs by state. */
export function addMetrics(server: FastifyInstance, { db }: Services, identify: Identify): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: "uniarm_request_seconds",
    help: "Time to answer a request",
    registers: [registry],
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  });
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none"; // the pattern: there are endlessly many paths
    seconds.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
  new Gauge({
    name: "uniarm_runs",
    help: "Runs by state",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      const counts = await countRuns(db);
      this.reset();
      for (const { state, count } of counts) this.set({ state }, count);
    },
  });
  server.get("/metrics", async (request, reply) => {
    if (!(await identify(request))) throw new AccessRefused(401, "A key is needed: send `Authorization: Bearer KEY`.");
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
