import { setTimeout as wait } from "node:timers/promises";
import { rounded } from "../measure.ts";
import type { Child } from "./child.ts";
import { startChild } from "./child.ts";
import type { Flags } from "./flags.ts";
import type { LoadArguments, LoadQuestion, LoadReply } from "./load-process.ts";
import { cpuSecondsOf } from "./resources.ts";
import type { ServiceQuestion, ServiceReply } from "./service-process.ts";

export type Service = Child<ServiceQuestion, ServiceReply>;

/** What is measured: an agent, or a peer. */
export interface Subject {
  port: number;
  isPeer: boolean;
  /** CPU seconds so far. */
  cpuSeconds(): number;
  /** The most memory it has had resident. */
  peakResidentMb(): number;
  /** Something is done to it while it works, of so many ms. */
  disturb(forMs: number): Promise<void>;
}

/** What came of one side. */
export interface Figures {
  eventsPerSecond: number;
  cpuSecondsPerMillion: number;
  missing: number;
  duplicates: number;
  outOfOrder: number;
  residentMb: number;
  /** Events that devices had acks for, a second, while they logged. */
  storedPerSecond: number;
  eventsPerCall: number;
  /** From log call to acceptance. */
  p50Ms: number | null;
  p99Ms: number | null;
  logged: number;
  throttled: number;
  resends: number;
  busy: number;
  /** CPU seconds a million events of what sends, and of what receives. */
  loadCpu: number;
  serviceCpu: number;
}

/** Before that the just-in-time compiler is at work. */
const warmUpMs = 3_000;

/** Where nothing comes any more for so long the rest is missing: a stream pauses up to 20 s after each of several throttled calls. */
const silenceLimitMs = 120_000;

const pollMs = 50;

const sum = (counts: readonly number[]): number => counts.reduce((total, each) => total + each, 0);

/** Resolves with what came, once that is all, or nothing has come for long. */
const untilDelivered = async (service: Service, logged: number[]): Promise<ServiceReply> => {
  const wanted = sum(logged);
  let seen = 0;
  let seenMs = performance.now();
  for (;;) {
    const { events } = await service.ask({ kind: "tally" });
    if (events > seen) seenMs = performance.now();
    seen = events;
    const isSilent = performance.now() - seenMs > silenceLimitMs;
    if (events >= wanted || isSilent) return service.ask({ kind: "judge", logged });
    await wait(pollMs);
  }
};

const startLoad = async (
  { port, isPeer }: Subject,
  { devices, frameEvents, rate }: Flags,
): Promise<{ child: Child<LoadQuestion, LoadReply>; first: LoadReply }> => {
  const given: LoadArguments = { port, devices, frameEvents, rate, isPeer };
  const entry = "load-process.js";
  return startChild<LoadQuestion, LoadReply>({ entry, given });
};

const hinder = async (service: Service, { throttleForMs, outageMs }: Flags): Promise<void> => {
  if (throttleForMs > 0) await service.ask({ kind: "throttle", ms: throttleForMs });
  if (outageMs > 0) await service.ask({ kind: "leave", ms: outageMs });
};

/** Where everything stands at one moment. */
interface Mark {
  came: ServiceReply;
  logged: number;
  epochMs: number;
  cpuSeconds: number;
  loadCpu: number;
  serviceCpu: number;
}

/** Loads the subject for a while, then waits until all has come; events of the warm-up count as little as its time. */
export const measureSide = async (
  subject: Subject,
  service: Service,
  flags: Flags,
): Promise<Figures> => {
  const { child: load, first } = await startLoad(subject, flags);
  const mark = async (came: ServiceReply, { logged }: LoadReply): Promise<Mark> => ({
    came,
    logged: sum(logged),
    epochMs: Date.now(),
    cpuSeconds: subject.cpuSeconds(),
    loadCpu: cpuSecondsOf(load.pid),
    serviceCpu: cpuSecondsOf(service.pid),
  });
  try {
    // What boots begin with is delivered by then: it would be in the way of what is measured.
    await untilDelivered(service, first.logged);
    await load.ask("run");
    await wait(warmUpMs);
    const from = await mark(await service.ask({ kind: "mark" }), await load.ask("tally"));
    await hinder(service, flags);
    const untilMs = performance.now() + flags.seconds * 1_000;
    await subject.disturb(flags.seconds * 1_000);
    await wait(untilMs - performance.now());
    const loadedMs = Date.now() - from.epochMs;
    const loaded = await load.ask("tally");
    const sent = await load.ask("stop");
    if (!sent.isDone) process.stderr.write("Some events were never acknowledged\n");
    const to = await mark(await untilDelivered(service, sent.logged), sent);
    const storedPerSecond = ((sum(loaded.logged) - from.logged) * 1_000) / loadedMs;
    return {
      ...figuresOf(subject, from, to),
      ...countsOf(sent),
      storedPerSecond: rounded(storedPerSecond),
    };
  } finally {
    await load.stop();
  }
};

const countsOf = ({ resends, busy }: LoadReply): Pick<Figures, "resends" | "busy"> => ({
  resends,
  busy,
});

const figuresOf = (
  { peakResidentMb }: Subject,
  from: Mark,
  { came, ...to }: Mark,
): Omit<Figures, "resends" | "busy" | "storedPerSecond"> => {
  const events = came.events - from.came.events;
  const perMillion = (seconds: number): number => rounded((seconds * 1_000_000) / events);
  return {
    eventsPerSecond: rounded((events * 1_000) / (came.lastEpochMs - from.epochMs)),
    cpuSecondsPerMillion: perMillion(to.cpuSeconds - from.cpuSeconds),
    missing: came.missing,
    duplicates: came.duplicates,
    outOfOrder: came.outOfOrder,
    residentMb: Math.round(peakResidentMb()),
    eventsPerCall: rounded(events / (came.calls - from.came.calls)),
    p50Ms: came.p50Ms,
    p99Ms: came.p99Ms,
    logged: to.logged,
    throttled: came.throttled,
    loadCpu: perMillion(to.loadCpu - from.loadCpu),
    serviceCpu: perMillion(to.serviceCpu - from.serviceCpu),
  };
};
