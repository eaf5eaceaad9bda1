import { createChance } from "./chance.ts";

/** Something that goes wrong with a call whose signature is good. */
export type Fault =
  /** Answered with this error, nothing applied. */
  | { kind: "error"; name: string; message: string; status?: number }
  /** The connection drops and nothing is applied. */
  | { kind: "cut-before" }
  /** The call is applied, then the connection drops. */
  | { kind: "cut-after" }
  /** Applied after a while. Until then the caller waits or, with `isCut`, has lost its connection. */
  | { kind: "apply-late"; delayMs: number; isCut?: boolean }
  /** Events of the call are hidden from readers for longer. */
  | { kind: "show-late"; delayMs: number }
  /** Applied at once, answered after a while. */
  | { kind: "delay"; delayMs: number };

/** The service's answer to too many calls. */
export const throttled: Fault = {
  kind: "error",
  name: "ThrottlingException",
  message: "Rate exceeded",
};

/** The service's answer when it fails itself. */
export const unavailable: Fault = {
  kind: "error",
  name: "ServiceUnavailableException",
  message: "The service cannot complete the request.",
  status: 503,
};

/** A fault that strikes by chance. */
export interface Chance {
  fault: Fault;
  /** 0 to 1, of all calls to the action. */
  probability: number;
  /** Default: every action. */
  action?: string;
}

/** Faults on demand. Lives in the process; no request can reach it. */
export interface FaultControl {
  /** The next calls, of one action or of any, meet this fault. Queued behind earlier ones. */
  next(fault: Fault, scope?: { times?: number; action?: string }): void;
  /** Calls above this rate are throttled, of one action or of all together. */
  throttleAbove(callsPerSecond: number, action?: string): void;
  /** From now on faults strike by chance, the same for the same seed and calls. Replaces earlier chances. */
  strike(seed: number, chances: readonly Chance[]): void;
  /** Ends all faults; the counts stay. */
  clear(): void;
  /** How many calls met a fault, by kind, an error by its name. */
  readonly injected: Readonly<Record<string, number>>;
}

/** The endpoint's side: what becomes of this call. */
export type FaultSource = FaultControl & {
  draw(action: string, nowMs: number): Fault | undefined;
};

/** Quotas of a new account, to be given to `throttleAbove` one by one. */
export const serviceQuotas: Readonly<Record<string, number>> = {
  PutLogEvents: 5_000,
  CreateLogStream: 50,
  DescribeLogStreams: 25,
};

interface Planned {
  fault: Fault;
  timesLeft: number;
  action: string | undefined;
}

interface Bucket {
  callsPerSecond: number;
  action: string | undefined;
  level: number;
  filledMs: number | undefined;
}

const concerns = (scope: { action?: string | undefined }, action: string): boolean =>
  scope.action === undefined || scope.action === action;

const hasOverflowed = (bucket: Bucket, nowMs: number): boolean => {
  const elapsedMs = Math.max(0, nowMs - (bucket.filledMs ?? nowMs));
  bucket.filledMs = nowMs;
  bucket.level = Math.max(0, bucket.level - (elapsedMs * bucket.callsPerSecond) / 1_000);
  if (bucket.level + 1 > bucket.callsPerSecond) return true;
  bucket.level += 1;
  return false;
};

const takePlanned = (planned: Planned[], action: string): Fault | undefined => {
  const index = planned.findIndex((plan) => concerns(plan, action));
  const plan = planned[index];
  if (!plan) return undefined;
  plan.timesLeft -= 1;
  if (plan.timesLeft <= 0) planned.splice(index, 1);
  return plan.fault;
};

/** One throw for all chances of the call, so that their probabilities add up. */
const takeChance = (
  chances: readonly Chance[],
  action: string,
  random: () => number,
): Fault | undefined => {
  let left = chances.length > 0 ? random() : 1;
  for (const chance of chances) {
    if (!concerns(chance, action)) continue;
    if (left < chance.probability) return chance.fault;
    left -= chance.probability;
  }
  return undefined;
};

/** The faults of one endpoint, none at first. */
export const createFaults = (): FaultSource => {
  const planned: Planned[] = [];
  const buckets: Bucket[] = [];
  const injected: Record<string, number> = {};
  let chances: readonly Chance[] = [];
  let random = createChance(0);

  const choose = (action: string, nowMs: number): Fault | undefined => {
    const overflowing = buckets.filter((bucket) => concerns(bucket, action));
    if (overflowing.some((bucket) => hasOverflowed(bucket, nowMs))) return throttled;
    return takePlanned(planned, action) ?? takeChance(chances, action, random);
  };

  return {
    injected,
    next: (fault, { times = 1, action } = {}) => {
      planned.push({ fault, timesLeft: times, action });
    },
    throttleAbove: (callsPerSecond, action) => {
      buckets.push({ callsPerSecond, action, level: 0, filledMs: undefined });
    },
    strike: (seed, struck) => {
      chances = struck;
      random = createChance(seed);
    },
    clear: () => {
      planned.length = 0;
      buckets.length = 0;
      chances = [];
    },
    draw: (action, nowMs) => {
      const fault = choose(action, nowMs);
      if (fault) {
        const name = fault.kind === "error" ? fault.name : fault.kind;
        injected[name] = (injected[name] ?? 0) + 1;
      }
      return fault;
    },
  };
};
