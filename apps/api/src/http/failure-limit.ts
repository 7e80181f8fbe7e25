import { isIPv6 } from "node:net";

export interface FailureLimits {
  /** wrong uses of keys that begin alike, from one address */
  mostOfKey: number;
  /** wrong keys from one address, whatever they are: guesses begin differently */
  mostOfAddress: number;
  windowMs: number;
}

/** Counters that are kept at once; the oldest go first. */
const MOST_COUNTERS = 10_000;
/** Enough to tell keys apart, too little to use one. */
const PREFIX_LENGTH = 11;

interface Counter {
  failures: number;
  until: number;
}

/**
 * Counts wrong keys. Only whoever sent one is told to wait: keys are checked first, so that a program with a stale key
 * takes nothing from the others behind its address.
 */
export function failureLimit(
  { mostOfKey, mostOfAddress, windowMs }: FailureLimits,
  now: () => number = Date.now,
): { add: (address: string, key: string) => number } {
  const counters = new Map<string, Counter>();
  const waitMs = (name: string, most: number): number => {
    const known = counters.get(name);
    const counter = known && known.until > now() ? known : { failures: 0, until: now() + windowMs };
    counters.delete(name); // the newest stand last
    counters.set(name, counter);
    counter.failures += 1;
    for (const oldest of counters.keys()) {
      if (counters.size <= MOST_COUNTERS) break;
      counters.delete(oldest);
    }
    return counter.failures > most ? counter.until - now() : 0;
  };
  return {
    /** Counts a failure. @returns for how long its sender should wait; 0: it may try again */
    add: (address, key) => {
      const network = networkOf(address);
      // one key that is sent again and again does not use up what its address may guess
      return waitMs(`${network} ${key.slice(0, PREFIX_LENGTH)}`, mostOfKey) || waitMs(`${network} all`, mostOfAddress);
    },
  };
}

/** Of IPv6 the first half: one subscriber has all addresses of it. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith("::")) return address; // ::1, and IPv4 written as IPv6
  const [before = "", after] = address.split("::");
  const groups = before.split(":");
  const rest = after === undefined ? [] : after.split(":").filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0");
  return [...groups, ...(after === undefined ? [] : zeros), ...rest].slice(0, 4).join(":");
}
