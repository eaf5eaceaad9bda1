import type { DropReason, Level, LogEvent } from "../shared/event.ts";
import type { Boot } from "../shared/frame.ts";
import { frameLimitBytes, frameTargetBytes, headerLimitBytes } from "../shared/limits.ts";
import { createConnection, type Topics } from "./connection.ts";
import { createDeadline } from "./deadline.ts";
import { createFlusher } from "./flusher.ts";
import { createFramer } from "./framer.ts";
import { createOutbox } from "./outbox.ts";
import type { Host } from "./platform.ts";
import type { Tally } from "./tally.ts";
import { createUplink } from "./uplink.ts";

/** The journey of an event on the device: framer, outbox, uplink and link, joined. */
export interface Delivery {
  add(event: LogEvent): void;
  /** Counts an event that gets no seq. */
  drop(level: Level, reason: DropReason): void;
  flush(): void;
  /** Bytes held for events without an ack. */
  bytes(): number;
  /** Ends the boot. `isComplete`: the agent had everything before `limitMs` had passed. */
  close(limitMs: number, onClosed: (isComplete: boolean) => void): void;
}

export interface DeliveryOptions {
  host: Host;
  tally: Tally;
  boot: () => Boot;
  topics: Topics;
  outboxBytes: number;
  flushAfterMs: number;
  windowFrames: number;
}

/** Parts of an outbox that a frame aims at, and that an event may take at most. */
const frameShare = 1 / 4;
const eventShare = 1 / 2;

/** Largest event that an outbox of that size takes. */
export const eventLimitOf = (outboxBytes: number): number =>
  Math.min(frameLimitBytes - headerLimitBytes, Math.floor(outboxBytes * eventShare));

const bodyBytesOf = (outboxBytes: number): number =>
  Math.min(frameTargetBytes - headerLimitBytes, Math.floor(outboxBytes * frameShare));

export const createDelivery = (options: DeliveryOptions): Delivery => {
  const host = options.host;
  const platform = host.platform;
  const tally = options.tally;
  const outbox = createOutbox(options.outboxBytes, tally);
  let hasSealed = false;
  let onEmpty = (): void => {};

  const framer = createFramer({
    platform,
    outbox,
    tally,
    bodyBytes: bodyBytesOf(options.outboxBytes),
    eventLimitBytes: eventLimitOf(options.outboxBytes),
    onSeal() {
      hasSealed = true;
      flusher.sealed();
    },
  });
  const flusher = createFlusher({
    platform,
    framer,
    flushAfterMs: options.flushAfterMs,
    onDue: () => uplink.pump(),
  });
  const uplink = createUplink({
    host,
    outbox,
    tally,
    topic: options.topics.up,
    boot: options.boot,
    windowFrames: options.windowFrames,
    sealDue: flusher.sealDue,
    onEmpty: () => onEmpty(),
  });
  const connection = createConnection({ host, uplink, topics: options.topics });

  return {
    add(event) {
      if (framer.add(event)) flusher.added(event.site.level);
      else flusher.dropped();
      if (hasSealed) uplink.pump();
      hasSealed = false;
    },
    drop(level, reason) {
      framer.drop(level, reason);
      flusher.dropped();
    },
    flush: flusher.flush,
    bytes: () => outbox.bytes() + framer.openBytes(),
    close(limitMs, onClosed) {
      const finish = (): void => {
        const isComplete = outbox.frames.length === 0;
        onEmpty = (): void => {};
        deadline.cancel();
        connection.close(() => onClosed(isComplete));
      };
      const deadline = createDeadline(platform, finish);
      deadline.within(limitMs);
      framer.end();
      onEmpty = finish;
      uplink.pump();
    },
  };
};
