import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../files/cache-folder.ts";
import { hashOf } from "./machine.ts";
import { CalibrationFile, type CalibratedMachine, type MeasuredCell } from "./table.ts";

/** A file for each machine, engine and number of threads: a home folder may be shared by machines. */
export function calibrationPath(machine: CalibratedMachine, environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(environment), "calibration", `${hashOf(JSON.stringify(machine))}.json`);
}

/** What this machine measured before; null where that is absent, broken or another machine's. */
export function readCalibration(path: string, machine: CalibratedMachine): MeasuredCell[] | null {
  try {
    const { machine: of, cells } = CalibrationFile.parse(JSON.parse(readFileSync(path, "utf8")));
    return JSON.stringify(of) === JSON.stringify(machine) ? cells : null;
  } catch {
    return null;
  }
}

/** Whether a measurement could be written there; measuring is not worth the time where it could not. */
export function canBeKept(path: string): boolean {
  const probe = `${path}.${process.pid}.probe`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(probe, "");
    return true;
  } catch {
    return false;
  } finally {
    remove(probe);
  }
}

/**
 * Keeps a measurement -> the one that is kept: of several processes that measured at once the first one's, so that all of them
 * take the same. Null where the folder cannot be written.
 */
export function publishCalibration(
  path: string,
  machine: CalibratedMachine,
  cells: readonly MeasuredCell[],
): MeasuredCell[] | null {
  const content: CalibrationFile = { format: "uniarm-calibration", formatVersion: 1, machine, cells: [...cells] };
  const partial = `${path}.${process.pid}.partial`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(partial, `${JSON.stringify(content, null, 2)}\n`);
    try {
      linkSync(partial, path); // fails where one is there
    } catch {
      if (readCalibration(path, machine) === null) renameSync(partial, path); // what is there is of no use
    }
    return readCalibration(path, machine);
  } catch {
    return null;
  } finally {
    remove(partial);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // the folder is a file, or not ours: nothing was written there
  }
}
