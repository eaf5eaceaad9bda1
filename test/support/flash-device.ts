import { bootFormat, bootTag } from "../../shared/boot-event.ts";
import { encodeFrame } from "../../shared/codec/encode.ts";
import type { Ack } from "../../shared/downlink.ts";
import type { Entry } from "../../shared/event.ts";
import type { Body, Boot } from "../../shared/frame.ts";
import { unrecordedSeqs, windowFrames } from "../../shared/limits.ts";

/** Whose frames these are, and what of them flash holds: a model of the device's side. */
interface HeldFrame {
  first: number;
  count: number;
  body: Body;
  isSent: boolean;
}

interface EarlierBoot {
  boot: Boot;
  durationMs: number;
  reserved: number;
  frames: HeldFrame[];
}

/** What a later boot sends for an earlier one. */
interface Replay extends Omit<EarlierBoot, "reserved"> {
  /** How long it was over when the boot that sends began. */
  endedBeforeMs: number;
}

/** An event as it was logged. */
export interface Logged {
  boot: Boot;
  seq: number;
  uptimeMs: number;
  trueMs: number;
}

/** A device with flash, reduced to what the agent sees of it. */
export interface FlashDevice {
  /** All there ever was. */
  logged: readonly Logged[];
  boot(): Boot;
  /** Seals a frame of so many events, unless the boot has ended; flash keeps it where `isStored`. */
  log(count: number, isStored: boolean): void;
  /** The boot ends in good order. */
  end(): void;
  /** Power is lost, and the next boot begins. */
  cut(): void;
  /** The oldest frames of the boot, then those of the oldest boot in flash, as they are sent now. */
  windows(): Uint8Array[];
  hear(ack: Ack): void;
  /** Whether there is anything that no ack covers. */
  isHolding(): boolean;
}

export const entriesBody = (entries: Entry[]): Body => ({ kind: "entries", entries });

/** The first event of a boot that counts its starts. */
export const bootEvent = (boot: Boot, heldFrom: number, uptimeMs = 0): Entry => ({
  kind: "event",
  uptimeMs,
  site: { level: "info", tag: bootTag, format: bootFormat },
  values: [boot.number, "power", "1.0.0", heldFrom],
});

export const seqEvent = (seq: number, uptimeMs: number): Entry => ({
  kind: "event",
  uptimeMs,
  site: { level: "info", tag: "", format: "seq %d" },
  values: [seq],
});

/** Seqs of a boot that were lost with the power, as a later boot declares them. */
export const powerLossBody = (count: number, uptimeMs: number): Body => ({
  kind: "tombstone",
  uptimeMs,
  drops: [{ level: "info", reason: "power_loss", count }],
});

/** What is sent of an earlier boot: what is held, tombstones for what is not, and the end. */
const replayFrames = ({ durationMs, frames, reserved }: EarlierBoot): HeldFrame[] => {
  const all: HeldFrame[] = [];
  let next = 0;
  const addHole = (end: number): void => {
    const count = end - next;
    const body = powerLossBody(count, durationMs);
    if (count > 0) all.push({ first: next, count, body, isSent: false });
  };
  for (const frame of frames) {
    addHole(frame.first);
    all.push({ ...frame, isSent: false });
    next = frame.first + frame.count;
  }
  addHole(reserved);
  const last = entriesBody([{ kind: "end", uptimeMs: durationMs }]);
  all.push({ first: reserved, count: 1, body: last, isSent: false });
  return all;
};

/** `nowMs` moves only forward. */
export const flashDevice = (nonce: number, nowMs: () => number): FlashDevice => {
  const logged: Logged[] = [];
  const flash: EarlierBoot[] = [];
  let number = 0;
  let startMs = 0;
  let next = 0;
  let isEnding = false;
  let outbox: HeldFrame[] = [];
  let ack = { ackId: 0, ackUptimeMs: 0 };
  let replay: Replay | null = null;
  /** Uptimes, as far as flash knows, of the boots before: the newest last. */
  let durations: { number: number; durationMs: number }[] = [];

  const boot = (): Boot => ({ nonce, number });
  const uptimeMs = (): number => nowMs() - startMs;
  const ownRecord = (): EarlierBoot => {
    const known = flash.find((record) => record.boot.number === number);
    if (known !== undefined) return known;
    const record = { boot: boot(), durationMs: 0, reserved: unrecordedSeqs, frames: [] };
    flash.push(record);
    return record;
  };
  const seal = (entries: Entry[], isStored: boolean): void => {
    const frame = { first: next, count: entries.length, body: entriesBody(entries), isSent: false };
    outbox.push(frame);
    next += entries.length;
    if (!isStored && next <= unrecordedSeqs) return;
    const record = ownRecord();
    while (record.reserved < next) record.reserved += unrecordedSeqs;
    if (!isStored) return;
    record.frames.push(frame);
    record.durationMs = uptimeMs();
  };
  const note = (seq: number): void => {
    logged.push({ boot: boot(), seq, uptimeMs: uptimeMs(), trueMs: nowMs() });
  };
  const openReplay = (): Replay | null => {
    const record = flash.find((earlier) => earlier.boot.number < number);
    if (record === undefined) return null;
    const after = durations.filter((each) => each.number > record.boot.number);
    const endedBeforeMs = after.reduce((sum, { durationMs }) => sum + durationMs, 0);
    return { ...record, frames: replayFrames(record), endedBeforeMs };
  };
  const begin = (): void => {
    number++;
    startMs = nowMs();
    next = 0;
    isEnding = false;
    outbox = [];
    ack = { ackId: 0, ackUptimeMs: 0 };
    replay = openReplay();
    note(0);
    seal([bootEvent(boot(), flash[0]?.boot.number ?? number)], false);
  };
  const sent = (frame: HeldFrame, held: readonly HeldFrame[], time: object): Uint8Array => {
    frame.isSent = true;
    const { first, count, body } = frame;
    const base = held[0]?.first ?? first;
    const sendUptimeMs = uptimeMs();
    const timing = {
      sendUptimeMs,
      ...ack,
      ackUptimeMs: ack.ackId ? ack.ackUptimeMs : sendUptimeMs,
    };
    return encodeFrame({ header: { boot: boot(), base, first, count, ...timing, ...time }, body });
  };
  const replayTime = ({ boot: earlier, durationMs, endedBeforeMs }: Replay): object => ({
    boot: earlier,
    sendUptimeMs: durationMs,
    endedAgoMs: endedBeforeMs + uptimeMs(),
    ackId: 0,
    ackUptimeMs: durationMs,
  });
  const isAcked =
    (until: number) =>
    ({ isSent, first, count }: HeldFrame): boolean =>
      isSent && first + count <= until;
  begin();
  return {
    logged,
    boot,
    log(count, isStored) {
      if (isEnding) return;
      const entries = Array.from({ length: count }, (_, index) => {
        note(next + index);
        return seqEvent(next + index, uptimeMs());
      });
      seal(entries, isStored);
    },
    end() {
      if (isEnding) return;
      isEnding = true;
      seal([{ kind: "end", uptimeMs: uptimeMs() }], false);
    },
    cut() {
      const record = flash.find((each) => each.boot.number === number);
      durations = [...durations, { number, durationMs: record?.durationMs ?? 0 }];
      begin();
    },
    windows() {
      const own = outbox.slice(0, windowFrames).map((frame) => sent(frame, outbox, {}));
      const earlier = replay;
      if (earlier === null) return own;
      const { frames } = earlier;
      const others = frames.slice(0, windowFrames);
      return [...own, ...others.map((frame) => sent(frame, frames, replayTime(earlier)))];
    },
    hear({ boot: acked, ackId, next: until }) {
      if (acked.nonce !== nonce) return;
      if (acked.number === number) {
        if (ackId > 0) ack = { ackId, ackUptimeMs: uptimeMs() };
        outbox = outbox.filter((frame) => !isAcked(until)(frame));
        const record = flash.find((each) => each.boot.number === number);
        if (record === undefined) return;
        record.frames = record.frames.filter((frame) => !isAcked(until)(frame));
        if (isEnding && outbox.length === 0) flash.splice(flash.indexOf(record), 1);
      } else if (replay !== null && acked.number === replay.boot.number) {
        replay.frames = replay.frames.filter((frame) => !isAcked(until)(frame));
        if (replay.frames.length > 0) return;
        flash.shift();
        replay = openReplay();
      }
    },
    isHolding: () => outbox.length > 0 || replay !== null,
  };
};
