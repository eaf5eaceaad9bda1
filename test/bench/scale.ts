import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type SharedFleet, startSharedFleet } from "../support/shared-fleet.ts";
import { type DeliveredEvent, until } from "../support/system.ts";

interface Flags {
  agents: number;
  devices: number;
  seconds: number;
}

const integerOf = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`Cannot use --${name} "${text}": give an integer from 1`);
};

const parseFlags = (args: string[]): Flags => {
  const option = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({
    args,
    options: { agents: option("3"), devices: option("50"), seconds: option("60") },
  });
  return {
    agents: integerOf("agents", values.agents),
    devices: integerOf("devices", values.devices),
    seconds: integerOf("seconds", values.seconds),
  };
};

const logPauseMs = 200;
const faultPauseMs = 4_000;
const leaseMs = 2_000;

/** Longer than a lease: the shards have other owners by then. */
const standstillMs = 5_000;

/** A stamp without `errorMs` claims this. */
const unstatedErrorMs = 1_000;

/** Agents die or stand still, one after another, until the time is over; gives how many did. */
const strike = async (fleet: SharedFleet, { agents, seconds }: Flags): Promise<number> => {
  const untilMs = performance.now() + seconds * 1_000;
  let faults = 0;
  while (performance.now() < untilMs) {
    await wait(faultPauseMs);
    const index = faults % agents;
    if (faults % 2 === 0) await fleet.replace(index);
    else await fleet.pause(index, standstillMs);
    faults++;
  }
  return faults;
};

/** Every device logs, several times a second, its ordinal and the time, until it is told to end. */
const startLogging = (fleet: SharedFleet): (() => number) => {
  let ordinal = 0;
  const timer = setInterval(() => {
    for (const { log } of fleet.devices) log.info("event %d at %d", ordinal, Date.now());
    ordinal++;
  }, logPauseMs);
  return () => {
    clearInterval(timer);
    return ordinal;
  };
};

interface Verdict {
  delivered: number;
  missing: number;
  duplicates: number;
  outOfOrder: number;
  dropped: Record<string, number>;
  beyondBound: number;
  worstStampErrorMs: number;
}

const judge = (events: readonly DeliveredEvent[], ids: string[], logged: number): Verdict => {
  const verdict: Verdict = {
    ...{ delivered: 0, missing: 0, duplicates: 0, outOfOrder: 0, dropped: {} },
    ...{ beyondBound: 0, worstStampErrorMs: 0 },
  };
  const seen = new Map(ids.map((id) => [id, new Set<number>()]));
  const last = new Map<string, { seq: number; timestamp: number }>();
  for (const event of events) {
    const { args, device, boot, seq, timestamp, format } = event;
    if (event.event === "dropped") {
      const { reason, count } = event as unknown as { reason: string; count: number };
      verdict.dropped[reason] = (verdict.dropped[reason] ?? 0) + count;
    }
    if (format !== "event %d at %d") continue;
    const [ordinal, trueMs] = args as [number, number];
    const ofDevice = seen.get(device);
    if (ofDevice?.has(ordinal)) {
      verdict.duplicates++;
      continue;
    }
    ofDevice?.add(ordinal);
    verdict.delivered++;
    const before = last.get(`${device} ${boot}`);
    if (before !== undefined && (before.timestamp > timestamp || before.seq > seq)) {
      verdict.outOfOrder++;
    }
    last.set(`${device} ${boot}`, { seq, timestamp });
    const errorMs = Math.abs(timestamp - trueMs);
    if (event.clock === undefined) {
      verdict.worstStampErrorMs = Math.max(verdict.worstStampErrorMs, errorMs);
      const boundMs = (event.errorMs as number | undefined) ?? unstatedErrorMs;
      if (errorMs > boundMs) verdict.beyondBound++;
    }
  }
  verdict.missing = ids.length * logged - verdict.delivered;
  return verdict;
};

/** `bench -- scale`: agents that share a fleet through Redis die and stand still; ends with a line of JSON. */
export const runScale = async (args: string[]): Promise<void> => {
  const flags = parseFlags(args);
  const fleet = await startSharedFleet({ ...flags, leaseMs });
  try {
    const stopLogging = startLogging(fleet);
    const faults = await strike(fleet, flags);
    const logged = stopLogging();
    await until("acks", () => fleet.devices.every(({ log }) => log.stats().pending === 0));
    const ids = fleet.devices.map(({ id }) => id);
    const { delivered, ...rest } = judge(await fleet.settle(), ids, logged);
    const possiblyDuplicated = fleet.possiblyDuplicated();
    const counts = { faults, logged: logged * ids.length, delivered, ...rest, possiblyDuplicated };
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    const { missing, duplicates, outOfOrder, beyondBound } = rest;
    if (missing + outOfOrder + beyondBound > 0 || duplicates > possiblyDuplicated) {
      throw new Error("The promise was broken: see the line above");
    }
  } finally {
    await fleet.stop();
  }
};
