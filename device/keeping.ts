import { callWithin, createDeadline, type Deadline } from "./deadline.ts";
import type { Framer } from "./framer.ts";
import { type HeldFrame, storeFrame } from "./held-frame.ts";
import type { Outbox } from "./outbox.ts";
import type { Setup } from "./setup.ts";

/** How long an error may be without an ack before flash has it. */
const keepAfterMs = 2_000;

/** Sees to it that flash has what gets no ack. */
export interface Keeping {
  /** An error was added. */
  added(): void;
  deadline: Deadline;
}

export const createKeeping = (setup: Setup, outbox: Outbox, sealDue: () => boolean): Keeping => {
  const platform = setup.platform;
  let addedAtMs = 0;

  const deadline = createDeadline(platform, () => {
    const nowMs = platform.uptimeMs();
    const isConnected = setup.link.isConnected();
    // What is due at this very moment may be made so only after this.
    let waitMs = addedAtMs + keepAfterMs - nowMs + 1;
    sealDue();
    for (let index = 0; index < outbox.frames.length; index++) {
      const frame = outbox.frames[index] as HeldFrame;
      if (!frame.hasErrors || frame.stored || frame.events === 0) continue;
      const leftMs = frame.sentAtMs + keepAfterMs - nowMs;
      if (isConnected && frame.sends === 1 && leftMs > 0) waitMs = Math.max(waitMs, leftMs);
      else storeFrame(setup, frame);
    }
    if (waitMs > 0) callWithin(deadline, waitMs);
  });
  return {
    deadline,
    added() {
      addedAtMs = platform.uptimeMs();
      callWithin(deadline, keepAfterMs);
    },
  };
};

/** Makes what puts all that has no ack into flash; it answers whether all of it is there. */
export const createKeep =
  (setup: Setup, outbox: Outbox, framer: Framer): (() => boolean) =>
  () => {
    framer.seal();
    let isKept = framer.isEmpty();
    for (let index = 0; index < outbox.frames.length; index++) {
      if (!storeFrame(setup, outbox.frames[index] as HeldFrame)) isKept = false;
    }
    return isKept;
  };
