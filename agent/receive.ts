import type { Boot } from "../shared/frame.ts";
import { type Source, shardOf } from "../shared/topic.ts";
import type { BootClock, ClockState } from "./clock.ts";
import type { Device, Devices } from "./devices.ts";
import { AgentError } from "./errors.ts";
import type { AckOptions } from "./receive/ack.ts";
import { type Answers, createAnswers } from "./receive/answers.ts";
import { type Arrival, firstFrameOf, readArrival } from "./receive/arrival.ts";
import { type Bury, createBury } from "./receive/bury.ts";
import { askToWait, busyMs } from "./receive/busy.ts";
import { isDoubtful, keepDoubled } from "./receive/doubled.ts";
import { learn, learnAlone, outdate } from "./receive/learning.ts";
import { createOverrun } from "./receive/overrun.ts";
import { recordOf } from "./receive/record.ts";
import type { NewReceipt, Receipt } from "./session.ts";
import type { NewFrame, Spool, SpoolUsage } from "./spool/spool.ts";

export interface ReceiveOptions extends AckOptions {
  devices: Devices;
  spool: Spool;
  laneOf(device: string, boot: Boot): string;
  /** A frame was stored in the lane. */
  onStored(lane: string): void;
  onTrouble(message: string): void;
  /** The device should not be heard for a while. */
  onLimited?(device: string, forMs: number): void;
  /** The spool failed: nothing more can be promised. */
  onFatal(cause: unknown): void;
}

/**
 * Takes payloads from `up` topics all the way to the spool. A device gets its ack once the frame is
 * synced, and never before.
 */
export const createReceive = (
  options: ReceiveOptions,
): ((source: Source, payload: Uint8Array) => void) => {
  const { devices, metrics, onFatal, onTrouble, time } = options;
  const admitting = { ...options, bury: createBury(options), answers: createAnswers(options) };
  const overrun = createOverrun(options);
  const fail = (cause: unknown): void => {
    const isStopping = cause instanceof AgentError && cause.code === "SPOOL_CLOSED";
    if (!isStopping) onFatal(cause);
  };
  /** A connection gives the same source with each frame. */
  const checked = new WeakSet<Source>();
  const isStray = (source: Source): boolean => {
    if (checked.has(source)) return false;
    const shard = shardOf(source.device);
    if (source.shard === shard) {
      checked.add(source);
      return false;
    }
    metrics.framesRefused++;
    onTrouble(
      `Refused a frame of device "${source.device}": its topic has shard ${source.shard}, the device's is ${shard}`,
    );
    return true;
  };
  return (source, payload) => {
    metrics.framesReceived++;
    const arrivalMs = time.monotonicMs();
    if (isStray(source)) return;
    const admission = overrun.admit(source.device, arrivalMs);
    if (admission === "drop") return;
    const isTaken = admission === "take";
    const settle = (): void => {
      if (isTaken) overrun.settle(source.device);
      else overrun.settleBusy(source.device);
    };
    const abandon = (cause: unknown): void => {
      settle();
      fail(cause);
    };
    /** What is begun may throw as well: where a record of the spool cannot be read. */
    const finish = (begin: () => Promise<unknown>): void => {
      try {
        begin().then(settle, abandon);
      } catch (cause) {
        abandon(cause);
      }
    };
    const arrival = readArrival(payload, arrivalMs);
    if (!("header" in arrival)) {
      metrics.framesUnreadable++;
      finish(() => admitting.bury(source.device, payload, arrival.reason));
      return;
    }
    options.commands?.observe(source.device, arrival.header);
    const loaded = devices.with(source.device, (device) => {
      finish(() => (isTaken ? admit : askToWait)(admitting, device, arrival));
    });
    loaded?.catch(abandon);
  };
};

interface AdmitOptions extends ReceiveOptions {
  bury: Bury;
  answers: Answers;
}

const admit = (options: AdmitOptions, device: Device, arrival: Arrival): Promise<void> => {
  const { spool } = options;
  const { session } = device;
  const { header, head, payload } = arrival;
  const { boot } = header;
  const isDoubted = isDoubtful(device, arrival);
  const receipt: Receipt = isDoubted ? { kind: "gap" } : session.judge(header);
  const doubled = keepDoubled(options, device, arrival);
  if (doubled !== null && receipt.kind === "duplicate") {
    const next = session.cursor(boot);
    const answer = { boot, clock: device.clock(boot), next, definitions: 0, busyMs: 0 };
    return options.answers.give(doubled, device.id, answer);
  }
  const lane = options.laneOf(device.id, boot);
  const isNew = receipt.kind === "new";
  const isLacking = head !== null && head.needs > session.definitions(boot);
  if (isNew && !isLacking && spool.hasRoom(lane, payload.length, session.isEmpty())) {
    const stored = store(options, device, arrival, lane, receipt);
    return doubled === null ? stored : both(doubled, stored);
  }
  const isBusy = isNew && !isLacking;
  count(options, lane, { isLacking: isNew && isLacking, isBusy, isEarly: receipt.kind === "gap" });
  const clock = device.clock(boot);
  if (clock !== undefined) learnTime(clock, arrival);
  const learnt = learnAlone(options, device, arrival) ?? spool.synced();
  const written = doubled === null ? learnt : both(doubled, learnt);
  const next = isDoubted ? header.base : session.cursor(boot);
  const definitions = session.definitions(boot);
  const answer = { boot, clock, next, definitions, busyMs: isBusy ? busyMs : 0 };
  return options.answers.give(written, device.id, answer);
};

/** Not one after the other: where the disk fails, both reject, and one would be heard by nobody. */
const both = (left: Promise<unknown>, right: Promise<unknown>): Promise<void> =>
  Promise.all([left, right]).then(() => {});

/** The send uptime of a frame is its own boot's, unless a later one sent it. */
const learnTime = (clock: BootClock, { header, timing }: Arrival): void => {
  const { endedAgoMs, sendUptimeMs: lastUptimeMs } = header;
  if (endedAgoMs === undefined) clock.observe(timing);
  else clock.observeEnd({ arrivalMs: timing.arrivalMs, lastUptimeMs, endedAgoMs });
};

/** Counts a frame that is not stored. */
const count = (
  { metrics, onTrouble, spool }: ReceiveOptions,
  lane: string,
  { isLacking, isBusy, isEarly }: { isLacking: boolean; isBusy: boolean; isEarly: boolean },
): void => {
  if (isBusy) {
    metrics.framesBusy++;
    onTrouble(`Cannot store a frame for "${lane}": ${fullness(spool.usage())}`);
  } else if (isLacking) metrics.framesLacking++;
  else if (isEarly) metrics.framesEarly++;
  else metrics.framesDuplicate++;
};

const fullness = ({ bytes, limitBytes, devices, disk }: SpoolUsage): string =>
  disk?.isLow
    ? "the disk has no room for frames, its device waits"
    : `the spool holds ${Math.round(bytes / 1_048_576)} of ${Math.round(limitBytes / 1_048_576)} MiB and knows ${devices} devices, its device waits`;

const store = (
  options: AdmitOptions,
  device: Device,
  arrival: Arrival,
  lane: string,
  { from, lost, repeated: repeatedEntries = 0 }: NewReceipt,
): Promise<void> => {
  const { metrics, spool } = options;
  const { id, session } = device;
  const { header, payload, isEnd } = arrival;
  const { boot } = header;
  const isNewDevice = session.isEmpty();
  const clock = device.startedClock(boot);
  const isLive = header.endedAgoMs === undefined;
  const returnedMs = isLive ? clock.ackSentAt(header.ackId) : undefined;
  learnTime(clock, arrival);
  const learned = learn(options, device, arrival, true);
  const { arrivalMs } = arrival.timing;
  const isTombstone = arrival.head === null;
  const { heldFrom, openingCrc } = firstFrameOf(arrival);
  const told = { heldFrom, openingCrc, arrivalMs, returnedMs, isTombstone };
  const advance = session.advance(header, isEnd, told);
  const { state: advanced, closes, forgotten } = advance;
  const defined = learned && session.define(boot, learned.count, learned.dictionary);
  const state = defined ?? advanced;
  forgotten.forEach(device.forget);
  const { cursor: next, dictionary } = state;
  const definitions = session.definitions(boot);
  const frame: NewFrame = {
    lane,
    device: id,
    boot: state.boot,
    from,
    end: next,
    lost,
    closes,
    bytes: payload,
  };
  if (dictionary !== undefined) frame.dictionary = dictionary;
  const repeated = repeatedEntries + advance.repeated;
  if (repeated > 0) frame.repeated = repeated;
  let saved: ClockState | undefined;
  const readClock = (): ClockState => {
    saved = clock.state();
    return saved;
  };
  const written = spool.append(frame, recordOf(state, id, readClock), {
    isNewDevice,
    forget: forgotten.map((old) => ({ boot: old, lane: options.laneOf(id, old) })),
    definitions: learned?.change ?? null,
    outdated: outdate(options, device, advance),
  });
  return options.answers.give(written, id, { boot, clock, next, definitions, busyMs: 0 }, () => {
    if (saved !== undefined) clock.noteSaved(saved);
    metrics.framesStored++;
    if (header.endedAgoMs !== undefined) metrics.framesReplayed++;
    metrics.entriesStored += next - from;
    options.onStored(lane);
  });
};
