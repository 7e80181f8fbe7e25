import type { GenerateChunk, TokenStep } from "@uniarm/core/schema";
import { useEffect, useState } from "react";
import { api } from "../../api/client.ts";
import { sentenceOf } from "../../api/errors.ts";
import type { GenerateRequest } from "./api-call.ts";

type End = Extract<GenerateChunk, { type: "end" }>;

export interface RowState {
  tokens: TokenStep[];
  end: End | null;
}
export interface Generation {
  /** what it waits for */
  state: "idle" | "asking" | "queued" | "loading" | "ready" | "done" | "failed";
  /** the run that holds the model */
  run: string | null;
  /** why it will wait for long; empty: it will not */
  waits: string;
  rows: RowState[];
  error: string | null;
  /** what it answers */
  request: GenerateRequest | null;
}

/** A slider that is moved asks when it rests. */
const CALM_MS = 250;

const IDLE: Generation = { state: "idle", run: null, waits: "", rows: [], error: null, request: null };

/** Asks whenever the request changes, and stops listening to the one before: its rows are freed. Null: nothing is asked. */
export function useGeneration(request: GenerateRequest | null): Generation {
  const [generation, setGeneration] = useState(IDLE);
  const key = request === null ? null : JSON.stringify(request);
  useEffect(() => {
    if (key === null) return;
    const asked = JSON.parse(key) as GenerateRequest;
    let waiting: GenerateChunk[] = [];
    let frame = 0;
    let subscription: { unsubscribe: () => void } | undefined;
    const flush = (): void => {
      frame = 0;
      const chunks = waiting;
      waiting = [];
      setGeneration((before) => chunks.reduce(withChunk, before));
    };
    const timer = setTimeout(() => {
      const rows = (asked.preferences ?? [null]).map((): RowState => ({ tokens: [], end: null }));
      setGeneration({ ...IDLE, state: "asking", rows, request: asked });
      subscription = api.playground.generate.subscribe(asked, {
        onData: ({ data }) => {
          waiting.push(data);
          frame ||= requestAnimationFrame(flush); // many tokens, one drawing
        },
        onError: (error) => setGeneration((before) => ({ ...before, state: "failed", error: sentenceOf(error) })),
      });
    }, CALM_MS);
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      subscription?.unsubscribe();
    };
  }, [key]);
  return key === null ? IDLE : generation;
}

function withChunk(before: Generation, chunk: GenerateChunk): Generation {
  switch (chunk.type) {
    case "status":
      return { ...before, state: chunk.state, run: chunk.run, waits: chunk.waits ?? "" };
    case "token": {
      const { type: _, row, ...step } = chunk;
      return withRow({ ...before, state: "ready" }, row, (state) => ({ ...state, tokens: [...state.tokens, step] }));
    }
    case "end": {
      const after = withRow(before, chunk.row, (state) => ({ ...state, end: chunk }));
      return after.rows.every(({ end }) => end !== null) ? { ...after, state: "done" } : after;
    }
    case "error":
      return { ...before, state: "failed", error: chunk.message };
  }
}

const withRow = (before: Generation, row: number, change: (state: RowState) => RowState): Generation => ({
  ...before,
  rows: before.rows.map((state, index) => (index === row ? change(state) : state)),
});
