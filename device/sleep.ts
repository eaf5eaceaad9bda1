import { callWithin, cancelDeadline, createDeadline } from "./deadline.ts";
import type { Framer } from "./framer.ts";
import type { Keeping } from "./keeping.ts";
import type { Outbox } from "./outbox.ts";
import type { Setup } from "./setup.ts";
import type { Uplink } from "./uplink.ts";

/** What is to be brought to rest before a device sleeps. */
export interface Night {
  setup: Setup;
  outbox: Outbox;
  framer: Framer;
  uplink: Uplink;
  /** Told when an ack has emptied the outbox. */
  waiting: (() => void)[];
  /** Puts all that has no ack into flash; null, as `keeping`, where there is none. */
  keep: (() => boolean) | null;
  keeping: Keeping | null;
  /** Told when all is at rest; `isLeft`: there is something to send once the device is awake. */
  onNight: (isLeft: boolean) => void;
}

/** How long an ack is waited for where the application does not say. */
const sleepLimitMs = 5_000;

const isSettled = (night: Night): boolean =>
  night.outbox.frames.length === 0 && night.framer.isEmpty();

/** As `Logger.sleep`. All it needs is made when it is called. */
export const goToSleep = (
  night: Night,
  onAsleep: () => void,
  limitMs: number | undefined,
): void => {
  const link = night.setup.link;
  const check = (): void => {
    night.framer.seal();
    night.uplink.pump();
    if (isSettled(night)) callWithin(bedtime, 0);
  };
  const bedtime = createDeadline(night.setup.platform, () => {
    night.waiting.splice(night.waiting.indexOf(check), 1);
    night.framer.seal();
    const isLeft = !isSettled(night);
    if (night.keep && isLeft) night.keep();
    if (night.keeping) cancelDeadline(night.keeping.deadline);
    if (night.setup.journal) night.setup.journal.rest();
    night.uplink.pause();
    night.onNight(isLeft);
    if (link.rest) link.rest(true);
    onAsleep();
  });
  const patienceMs = limitMs === undefined ? sleepLimitMs : limitMs;
  night.waiting.push(check);
  check();
  callWithin(bedtime, link.waitMs && link.waitMs() > patienceMs ? 0 : patienceMs);
};
