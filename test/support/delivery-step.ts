import type { Attempt } from "../../agent/cloudwatch/faults.ts";
import { createComposer } from "../../agent/delivery/batch/compose.ts";
import { createStampWindow } from "../../agent/delivery/batch/stamp-window.ts";
import { createCreator } from "../../agent/delivery/create.ts";
import { createDeliver } from "../../agent/delivery/deliver.ts";
import { createMetricRule } from "../../agent/delivery/message/metric.ts";
import { createOutcomes } from "../../agent/delivery/outcome/outcome.ts";
import { createOpenLanes } from "../../agent/delivery/schedule/open-lanes.ts";
import { createPace, type Pace } from "../../agent/delivery/schedule/pace.ts";
import type { Next } from "../../agent/delivery/schedule/schedule.ts";
import { createStreams } from "../../agent/delivery/stream.ts";
import { createMetrics, type Metrics } from "../../agent/metrics.ts";
import type { Spool } from "../../agent/spool/spool.ts";
import { encodeFrame } from "../../shared/codec/encode.ts";
import type { Entry } from "../../shared/event.ts";
import { withoutDictionaries } from "./any-reading.ts";
import { bootOf, headerOf, recordOf } from "./any-receipt.ts";
import { type FakeCall, FakeCloudWatch } from "./fake-cloudwatch.ts";
import { fakeSpool } from "./fake-spool.ts";
import type { FakeDisk } from "./fake-store.ts";
import { type FakeTime, fakeTime } from "./fake-time.ts";

/** The steps of one lane, taken one by one, with a service that answers as the test says. */
export interface DeliveryStep {
  time: FakeTime;
  spool: Spool;
  cloudwatch: FakeCloudWatch;
  metrics: Metrics;
  troubles: string[];
  pace: Pace;
  /** Stores a frame of the boot; an entry's uptime is its stamp after the start of fake time. */
  store(entries: Entry[], boot?: number): Promise<void>;
  step(): Promise<Next>;
  /** Takes steps until the lane is empty; lets pauses pass. */
  finish(): Promise<void>;
  /** The same store, opened by an agent that was started anew. */
  restart(): Promise<DeliveryStep>;
}

export interface DeliveryStepOptions {
  respond?: (call: FakeCall) => Attempt | Promise<Attempt>;
  refusedStamps?: "restamp" | "keep";
  unknownOutcomeWaitMs?: number;
  /** Decides which slice a batch is cut from. Default: always the oldest. */
  random?: () => number;
  disk?: FakeDisk;
}

export const lane = "g:s";

/** Turns of the event loop that a write to the fake disk takes at most. */
const turnsOfWrite = 4;

/** How far time moves at once while a step waits for it. */
const waitingMs = 10;

export const startDeliveryStep = async (
  options: DeliveryStepOptions = {},
): Promise<DeliveryStep> => {
  const { disk = new Map(), random = () => 0.99, respond } = options;
  const { unknownOutcomeWaitMs = 60_000, refusedStamps = "restamp" } = options;
  const time = fakeTime();
  const { spool } = await fakeSpool({ limitBytes: 100_000_000 }, disk);
  const cloudwatch = new FakeCloudWatch(respond);
  const metrics = createMetrics();
  const troubles: string[] = [];
  const form = "json" as const;
  const onTrouble = (message: string) => troubles.push(message);
  const lanes = createOpenLanes(await spool.intended(), time, random);
  const pace = createPace({ callsPerSecond: 1_000, time });
  const readPace = createPace({ callsPerSecond: 20, time });
  const stampWindow = createStampWindow(time.epochMs);
  const shared = {
    spool,
    cloudwatch,
    metrics,
    time,
    form,
    metricRule: createMetricRule("test"),
    redact: null,
    lanes,
    stampWindow,
    refusedStamps,
    random,
    ...withoutDictionaries(),
  };
  const composer = createComposer({
    ...shared,
    streams: createStreams({ group: "g", stream: "s", fleet: "test" }),
    loadClocks: async () => {},
    clockOf: () => (uptimeMs) => ({
      epochMs: time.epochMs() - time.monotonicMs() + uptimeMs,
      errorMs: 1,
      quality: "synced",
    }),
  });
  const group = { retentionDays: 0, tags: {}, class: "STANDARD" as const };
  const creator = createCreator({ ...shared, groupSettingsOf: () => group, onTrouble });
  const outcomes = createOutcomes({
    ...shared,
    creator,
    pace,
    unknownOutcomeWaitMs,
    onTrouble,
    onRepeat: () => {},
  });
  const deliver = createDeliver({ ...shared, composer, outcomes, readPace, bodies: { bytes: 0 } });
  const nextSeq = new Map<number, number>();
  /** Lets time pass until the promise settles. */
  const settled = async <Type>(promise: Promise<Type>): Promise<Type> => {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    promise.then(note, note);
    for (let turn = 1; !isSettled; turn++) {
      await new Promise(setImmediate);
      if (turn % turnsOfWrite === 0) time.advance(waitingMs);
    }
    return promise;
  };
  const step = (): Promise<Next> => settled(deliver(lane));
  const passPause = async (next: Next): Promise<Next> => {
    if (next.kind === "pause") time.advance(next.pauseMs);
    return next.kind === "wait" ? passPause(await settled(next.until)) : next;
  };
  return {
    time,
    spool,
    cloudwatch,
    metrics,
    troubles,
    pace,
    async store(entries, bootNumber = 1) {
      const boot = bootOf(bootNumber);
      const from = nextSeq.get(bootNumber) ?? 0;
      const end = from + entries.length;
      nextSeq.set(bootNumber, end);
      const header = headerOf(boot, from, entries.length);
      const bytes = encodeFrame({ header, body: { kind: "entries", entries } });
      const place = { lane, device: "pump", boot, from, end };
      const frame = { ...place, lost: 0, closes: [], bytes };
      const isNewDevice = nextSeq.size === 1 && from === 0;
      await spool.append(frame, recordOf(frame, bootNumber), { isNewDevice, forget: [] });
    },
    step,
    async finish() {
      for (let steps = 0; steps < 1_000; steps++) {
        const next = await passPause(await step());
        if (next.kind === "empty") return;
      }
      throw new Error("The lane is not empty after 1,000 steps");
    },
    async restart() {
      return startDeliveryStep({ ...options, disk });
    },
  };
};

/** Messages of all PutLogEvents calls, call by call: what the events logged, what notices are about. */
export const sentBy = ({ cloudwatch }: DeliveryStep): string[][] =>
  cloudwatch.calls
    .filter(({ action }) => action === "PutLogEvents")
    .map(({ params }) =>
      (params.logEvents as { message: string }[]).map(({ message: text }) => {
        const { message, event, count } = JSON.parse(text);
        return message ?? `${event} ${count}`;
      }),
    );
