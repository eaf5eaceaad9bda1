import type { DropReason, Level, LogEvent } from "../shared/event.ts";
import { createConnection } from "./connection.ts";
import { createDeadline } from "./deadline.ts";
import { createFlusher } from "./flusher.ts";
import { createFramer } from "./framer.ts";
import { createOutbox } from "./outbox.ts";
import type { Setup } from "./setup.ts";
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

export const createDelivery = (setup: Setup): Delivery => {
  const outbox = createOutbox(setup.limitBytes, setup.tally, setup.table);
  let hasSealed = false;
  let onEmpty = (): void => {};

  const framer = createFramer(setup, outbox, () => {
    hasSealed = true;
    flusher.sealed();
  });
  const flusher = createFlusher(setup, framer, () => uplink.pump());
  const uplink = createUplink(setup, {
    outbox,
    sealDue: flusher.sealDue,
    onEmpty: () => onEmpty(),
  });
  const connection = createConnection(setup, uplink);

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
      const deadline = createDeadline(setup.platform, finish);
      deadline.within(limitMs);
      framer.end();
      onEmpty = finish;
      uplink.pump();
    },
  };
};
