import { callWithin, createDeadline, type Deadline } from "./deadline.ts";
import type { Framer } from "./framer.ts";
import { type HeldFrame, storeFrame } from "./held-frame.ts";
import type { Outbox } from "./outbox.ts";
import type { Setup } from "./setup.ts";

/** How long an error may be without an ack before flash has it. */
export const keepAfterMs = 2_000;

/** Due when errors were added `keepAfterMs` ago: flash then keeps what has got no ack. */
export const createKeeping = (setup: Setup, outbox: Outbox, sealDue: () => boolean): Deadline => {
  const deadline = createDeadline(setup.platform, () => {
    const nowMs = setup.platform.uptimeMs();
    const isConnected = setup.link.isConnected();
    let waitMs = 0;
    sealDue();
    for (let index = 0; index < outbox.frames.length; index++) {
      const frame = outbox.frames[index] as HeldFrame;
      if (!frame.hasErrors || frame.stored || frame.events === 0) continue;
      const leftMs = frame.sentAtMs + keepAfterMs - nowMs;
      if (isConnected && frame.sends === 1 && leftMs > 0) waitMs = leftMs;
      else storeFrame(setup, frame);
    }
    if (waitMs > 0) callWithin(deadline, waitMs);
  });
  return deadline;
};

/** Puts all that has no ack into flash; answers whether all of it is there. */
export const keepAll = (setup: Setup, outbox: Outbox, framer: Framer): boolean => {
  framer.seal();
  let isKept = framer.isEmpty();
  for (let index = 0; index < outbox.frames.length; index++) {
    if (!storeFrame(setup, outbox.frames[index] as HeldFrame)) isKept = false;
  }
  return isKept;
};
