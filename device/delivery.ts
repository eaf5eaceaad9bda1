import type { DropReason } from "../shared/event.ts";
import { createConnection } from "./connection.ts";
import { callWithin, cancelDeadline, createDeadline } from "./deadline.ts";
import { createFlusher } from "./flusher.ts";
import { createFramer } from "./framer.ts";
import { createKeep, createKeeping } from "./keeping.ts";
import { createOutbox } from "./outbox.ts";
import { errorRank, rankOf } from "./rank.ts";
import type { Setup } from "./setup.ts";
import { goToSleep, type Night } from "./sleep.ts";
import { createUplink } from "./uplink.ts";

/** The journey of an event on the device: framer, outbox, uplink and link, joined. */
export interface Delivery {
  /** As `Framer.add`. */
  add(kind: number, tag: string, args: ArrayLike<unknown>, uptimeMs: number): void;
  /** As `Framer.drop`. */
  drop(kind: number, reason: DropReason): void;
  /** By kind of event, 0 while it could only be dropped. For reading. */
  limits: Int32Array;
  flush(): void;
  /** Memory has become short: what exceeds the outbox's new limit gives way. */
  shrink(): void;
  /** Bytes held for events without an ack. */
  bytes(): number;
  /** As `Logger.sleep`. */
  sleep(onAsleep: () => void, limitMs?: number): void;
  /**
   * Puts all that has no ack into flash, before RAM is lost; answers whether all of it is there. Null
   * where there is no flash.
   */
  keep: (() => boolean) | null;
  /** The program is about to be saved, or ends: what is held goes to flash or is lost. */
  renew(): void;
  /** Ends the boot. `isComplete`: the agent had everything before `limitMs` had passed. */
  close(limitMs: number, onClosed: (isComplete: boolean) => void): void;
}

export const createDelivery = (setup: Setup): Delivery => {
  const outbox = createOutbox(setup);
  /** Told when an ack has emptied the outbox, the last first. */
  const waiting: (() => void)[] = [];
  /** Whether frames may wait that nothing else will send: new ones, or those left before sleep. */
  let isPumpDue = false;

  const pumpDue = (): void => {
    if (isPumpDue) uplink.pump();
    isPumpDue = false;
  };
  const framer = createFramer(setup, {
    outbox,
    onAdded(kind) {
      flusher.added(kind);
      if (keeping && rankOf(kind) >= errorRank) keeping.added();
      pumpDue();
    },
    onLost() {
      flusher.dropped();
      pumpDue();
    },
    onSeal() {
      isPumpDue = true;
      flusher.sealed();
    },
  });
  const flusher = createFlusher(setup, framer, () => uplink.pump());
  const keeping = setup.journal && createKeeping(setup, outbox, flusher.sealDue);
  const uplink = createUplink(setup, {
    outbox,
    sealDue: flusher.sealDue,
    onEmpty() {
      for (let index = waiting.length; index-- > 0; ) (waiting[index] as () => void)();
    },
  });
  const connection = createConnection(setup, uplink);
  const keep = setup.journal && createKeep(setup, outbox, framer);

  const onNight = (isLeft: boolean): void => {
    isPumpDue = isLeft;
    flusher.pause();
  };
  const night: Night = { setup, outbox, framer, uplink, waiting, keep, keeping, onNight };

  return {
    keep,
    add: framer.add,
    drop: framer.drop,
    limits: outbox.limits,
    flush: flusher.flush,
    shrink: () => outbox.makeRoom(0),
    bytes: () => outbox.bytes() + framer.openBytes(),
    renew() {
      if (keep) keep();
      framer.renew();
      uplink.renew();
      setup.renew();
    },
    close(limitMs, onClosed) {
      const finish = (): void => {
        const isComplete = outbox.frames.length === 0;
        waiting.splice(waiting.indexOf(finish), 1);
        cancelDeadline(deadline);
        if (keeping) cancelDeadline(keeping.deadline);
        if (keep && !isComplete) keep();
        else if (setup.journal) setup.journal.free(setup.journal.boot, Infinity);
        if (setup.journal) setup.journal.rest();
        connection.close(() => onClosed(isComplete));
      };
      const deadline = createDeadline(setup.platform, finish);
      callWithin(deadline, limitMs);
      framer.end();
      waiting.push(finish);
      uplink.pump();
    },
    sleep: (onAsleep, limitMs) => goToSleep(night, onAsleep, limitMs),
  };
};
