import {
  UniArmError,
  type GenerateChunk,
  type PlaygroundChunk,
  type PlaygroundOrder,
  type PlaygroundRequest,
} from "@uniarm/core/schema";

/** A client that is further behind does not read. */
const MOST_CHUNKS = 2000;
/** The most responses that one run is asked for at a time, including those that wait for room. */
const MOST_ROWS = 256;

export type WaitState = Extract<GenerateChunk, { type: "status" }>["state"];
export type OrderWithId = { id: string; order: PlaygroundOrder };

/**
 * Joins clients with the attempts that hold their models, in memory: requests and cancellations one way, tokens the other.
 * A server that restarts has forgotten them; its clients have lost their connections too.
 */
export interface Broker {
  /**
   * Sends a request to the worker of a run. Its chunks end with the end of the last row, or with an error; a client that leaves cancels it.
   * @throws UniArmError playground-busy
   */
  ask: (runId: string, request: PlaygroundRequest, signal: AbortSignal) => AsyncGenerator<GenerateChunk, void>;
  /** What the attempt has not seen yet; waits a while for something. */
  orders: (
    attempt: AttemptOf,
    asked: { seen: readonly string[]; waitMs: number; signal: AbortSignal },
  ) => Promise<OrderWithId[]>;
  /** What the attempt answers; a batch that was delivered before is skipped. `gone`: requests that nobody waits for any more. */
  deliver: (attempt: AttemptOf, sequence: number, chunks: readonly PlaygroundChunk[]) => { gone: string[] };
  /** Tells the clients of a run what they wait for. */
  wait: (runId: string, state: WaitState) => void;
  /** The attempt that answered has ended: requests that it was given end with this sentence, the others keep waiting. */
  attemptOver: (runId: string, attemptId: string, sentence: string) => void;
  /** The run has ended: nobody will answer. */
  runOver: (runId: string, code: string, sentence: string) => void;
  /** The attempt that is known to answer for a run. */
  attemptOf: (runId: string) => string | null;
  runOf: (attemptId: string) => string | null;
}

export interface AttemptOf {
  runId: string;
  attemptId: string;
}

/** A client's request. */
interface Seat {
  request: PlaygroundRequest;
  /** rows that have not ended */
  open: Set<number>;
  /** the attempt may have started on it */
  handedOut: boolean;
  state: WaitState | null;
  chunks: GenerateChunk[];
  over: boolean;
  wake: () => void;
}

/** A run and who waits for it. */
interface Station {
  attemptId: string | null;
  lastSequence: number;
  seats: Map<string, Seat>;
  /** sent again until the attempt says that it has seen them */
  orders: Map<string, PlaygroundOrder>;
  /** the worker's open calls */
  wakers: Set<() => void>;
}

export function openBroker(): Broker {
  const stations = new Map<string, Station>();
  const attempts = new Map<string, string>();

  const stationOf = (runId: string): Station => {
    const known = stations.get(runId);
    if (known) return known;
    const made = {
      attemptId: null,
      lastSequence: 0,
      seats: new Map(),
      orders: new Map(),
      wakers: new Set<() => void>(),
    };
    stations.set(runId, made);
    return made;
  };
  const forgetIfEmpty = (runId: string): void => {
    const station = stations.get(runId);
    if (!station || station.seats.size + station.orders.size + station.wakers.size > 0) return;
    if (station.attemptId !== null) attempts.delete(station.attemptId);
    stations.delete(runId);
  };
  const order = (station: Station, id: string, one: PlaygroundOrder): void => {
    station.orders.set(id, one);
    for (const wake of station.wakers) wake();
  };
  const leave = (runId: string, station: Station, seat: Seat): void => {
    const { id } = seat.request;
    if (!station.seats.delete(id)) return;
    station.orders.delete(`ask ${id}`);
    if (seat.handedOut && seat.open.size > 0) order(station, `cancel ${id}`, { type: "cancel", id });
    forgetIfEmpty(runId);
  };
  const push = (seat: Seat, chunk: GenerateChunk): void => {
    if (seat.over) return;
    seat.chunks.push(chunk);
    if (chunk.type === "end") seat.open.delete(chunk.row);
    if (chunk.type === "error" || seat.open.size === 0) seat.over = true;
    seat.wake();
  };
  const fail = (runId: string, seat: Seat, code: string, message: string): void => {
    push(seat, { type: "error", code, message });
    leave(runId, stationOf(runId), seat);
  };
  const say = (runId: string, seat: Seat, state: WaitState): void => {
    if (seat.state === state) return;
    seat.state = state;
    push(seat, { type: "status", state, run: runId });
  };
  /** From now on the attempt that a worker's call names is the one that answers. */
  const attach = ({ runId, attemptId }: AttemptOf): Station => {
    const station = stationOf(runId);
    if (station.attemptId === attemptId) return station;
    if (station.attemptId !== null)
      broker.attemptOver(runId, station.attemptId, "The process that answered was replaced by another.");
    Object.assign(station, { attemptId, lastSequence: 0 });
    attempts.set(attemptId, runId);
    for (const seat of station.seats.values()) say(runId, seat, "ready");
    return station;
  };

  const broker: Broker = {
    ask: (runId, request, signal) => {
      const station = stationOf(runId);
      const rows = [...station.seats.values()].reduce((sum, { open }) => sum + open.size, 0);
      if (rows + request.preferences.length > MOST_ROWS)
        throw new UniArmError(
          "playground-busy",
          `This model already has ${rows} responses to make; ${request.preferences.length} more would exceed the limit of ${MOST_ROWS}. Try again when some have ended.`,
        );
      const seat: Seat = {
        request,
        open: new Set(request.preferences.keys()),
        handedOut: false,
        state: null,
        chunks: [],
        over: false,
        wake: () => undefined,
      };
      station.seats.set(request.id, seat);
      order(station, `ask ${request.id}`, { type: "ask", request });
      if (station.attemptId !== null) say(runId, seat, "ready");
      return chunksOf(seat, signal, () => leave(runId, station, seat));
    },

    orders: async (attempt, { seen, waitMs, signal }) => {
      const station = attach(attempt);
      for (const id of seen) station.orders.delete(id);
      if (station.orders.size === 0) await wokenWithin(station.wakers, waitMs, signal);
      if (station.attemptId !== attempt.attemptId) return [];
      const found = [...station.orders].map(([id, one]) => ({ id, order: one }));
      for (const { order: one } of found) if (one.type === "ask") station.seats.get(one.request.id)!.handedOut = true;
      forgetIfEmpty(attempt.runId);
      return found;
    },

    deliver: (attempt, sequence, chunks) => {
      const station = attach(attempt);
      const gone = new Set<string>();
      const isNew = sequence > station.lastSequence;
      station.lastSequence = Math.max(sequence, station.lastSequence);
      for (const { id, ...chunk } of chunks) {
        const seat = station.seats.get(id);
        if (!seat) {
          if (chunk.type === "token") gone.add(id);
        } else if (isNew) {
          push(seat, chunk);
          if (seat.chunks.length > MOST_CHUNKS) {
            seat.chunks = [];
            fail(
              attempt.runId,
              seat,
              "client-behind",
              `${MOST_CHUNKS} tokens were waiting for a client that did not read them; its request was cancelled. Read the stream, or ask for less.`,
            );
          } else if (seat.over) leave(attempt.runId, station, seat);
        }
      }
      forgetIfEmpty(attempt.runId);
      return { gone: [...gone] };
    },

    wait: (runId, state) => {
      for (const seat of stations.get(runId)?.seats.values() ?? []) say(runId, seat, state);
    },

    attemptOver: (runId, attemptId, sentence) => {
      const station = stations.get(runId);
      if (station?.attemptId !== attemptId) return;
      attempts.delete(attemptId);
      station.attemptId = null;
      for (const [id, one] of station.orders) if (one.type === "cancel") station.orders.delete(id);
      for (const seat of [...station.seats.values()]) {
        if (!seat.handedOut) continue;
        seat.open.clear(); // nobody is left who could be told of a cancellation
        fail(runId, seat, "attempt-over", sentence);
      }
      forgetIfEmpty(runId);
    },

    runOver: (runId, code, sentence) => {
      const station = stations.get(runId);
      if (!station) return;
      for (const seat of [...station.seats.values()]) fail(runId, seat, code, sentence);
      station.orders.clear();
      forgetIfEmpty(runId);
    },

    attemptOf: (runId) => stations.get(runId)?.attemptId ?? null,
    runOf: (attemptId) => attempts.get(attemptId) ?? null,
  };
  return broker;
}

async function* chunksOf(seat: Seat, signal: AbortSignal, leave: () => void): AsyncGenerator<GenerateChunk, void> {
  const stop = (): void => {
    seat.over = true;
    seat.chunks = [];
    leave();
    seat.wake();
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    for (;;) {
      const chunk = seat.chunks.shift();
      if (chunk) yield chunk;
      else if (seat.over) return;
      else
        await new Promise<void>((done) => {
          seat.wake = done;
        });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    leave();
  }
}

async function wokenWithin(wakers: Set<() => void>, waitMs: number, signal: AbortSignal): Promise<void> {
  if (waitMs <= 0 || signal.aborted) return;
  await new Promise<void>((done) => {
    const timer = setTimeout(end, waitMs);
    function end(): void {
      clearTimeout(timer);
      wakers.delete(end);
      signal.removeEventListener("abort", end);
      done();
    }
    wakers.add(end);
    signal.addEventListener("abort", end);
  });
}
