import { afterEach } from "vitest";
import type {
  NewFrame,
  Settlement,
  Spool,
  SpoolLimits,
  StoredFrame,
} from "../../agent/spool/spool.ts";
import { recordOf } from "./any-receipt.ts";

/** Opens a spool; the same `place` names the same store. */
export type OpenSpool = (place: string, limits: Partial<SpoolLimits>) => Promise<Spool>;

export const everything = Number.MAX_SAFE_INTEGER;

export const append = (spool: Spool, frame: NewFrame, order = 1): Promise<void> =>
  spool.append(frame, recordOf(frame, order), {
    isNewDevice: order === 1 && frame.from === 0,
    forget: [],
  });

/** The settlement after CloudWatch took these frames whole. */
export const settlementOf = (lane: string, delivered: StoredFrame[]): Settlement => ({
  lane,
  progress: delivered.map(({ device, boot, end }) => ({ device, boot, next: end, stampMs: end })),
  delivered,
  deadLetters: [],
});

/** Spools that are closed after each test. */
export interface SpoolOpener {
  open(limits?: Partial<SpoolLimits>): Promise<Spool>;
  /** Opens a spool, uses and closes it, and opens its store again. */
  openTwice(use: (spool: Spool) => Promise<unknown>, limits?: Partial<SpoolLimits>): Promise<Spool>;
}

let places = 0;

/** Call it inside `describe`. */
export const spoolOpener = (openSpool: OpenSpool): SpoolOpener => {
  const opened: Spool[] = [];
  const open = async (limits: Partial<SpoolLimits>, place: string): Promise<Spool> => {
    const spool = await openSpool(place, limits);
    opened.push(spool);
    return spool;
  };
  afterEach(async () => {
    for (const spool of opened.splice(0)) await spool.close();
  });
  return {
    open: (limits = {}) => open(limits, `${places++}`),
    async openTwice(use, limits = {}) {
      const place = `${places++}`;
      const spool = await open(limits, place);
      await use(spool);
      await spool.close();
      return open(limits, place);
    },
  };
};
