import { styleText } from "node:util";
import { CommanderError } from "commander";
import { UniArmError } from "@uniarm/core/schema";
import { EXIT } from "./exit-codes.ts";

/** Prints a failure once, for people or as JSON, and says which exit code it is. */
export function exitCodeOf(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badInput; // commander has printed it
  const known = error instanceof UniArmError;
  const code = known ? error.code : "unexpected";
  const message = error instanceof Error ? error.message : String(error);
  if (json) process.stdout.write(`${JSON.stringify({ type: "error", code, message })}\n`);
  else process.stderr.write(`${styleText("red", "error", { stream: process.stderr })} ${message}\n`);
  if (!known && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  if (code === "training-not-finite") return EXIT.notFinite;
  return known ? EXIT.badInput : EXIT.unexpected;
}
