import { type Boot, bootText } from "../../shared/frame.ts";
import { type HeldCommand, isLive } from "./command.ts";

/** Time between two acks without a frame: at first, and at most. */
const firstPauseMs = 5_000;
const pauseLimitMs = 300_000;

/** What is wanted of a device, and how far its live boot has it. */
export interface Wanted {
  /** Lowest id first. */
  held: HeldCommand[];
  /** Null as long as none is known. */
  boot: Boot | null;
  /** All up to this id have come to the boot. */
  echoedId: number;
  /** The one that acks bring now, and the ids of those acks, without a gap; 0 for none yet. */
  bringing: { id: number; firstAckId: number; lastAckId: number } | null;
  /** When an ack brought something last. */
  broughtMs: number;
  pauseMs: number;
}

export const createWanted = (held: HeldCommand[], boot: Boot | null): Wanted => ({
  held,
  boot,
  echoedId: 0,
  bringing: null,
  broughtMs: Number.NEGATIVE_INFINITY,
  pauseMs: firstPauseMs,
});

export const isBootOf = ({ boot }: Wanted, other: Boot): boolean =>
  boot !== null && bootText(boot) === bootText(other);

/** What the boot has not got yet and is not over. */
export const nextOf = ({ held, echoedId }: Wanted, nowMs: number): HeldCommand | undefined =>
  held.find((one) => one.id > echoedId && isLive(one, nowMs));

/** An ack leaves that brings the command. `ackId` is 0 of one that the device cannot return. */
export const noteBrought = (wanted: Wanted, id: number, ackId: number): void => {
  if (wanted.bringing?.id !== id) wanted.bringing = { id, firstAckId: ackId, lastAckId: ackId };
  const { bringing } = wanted;
  if (ackId === 0) return;
  const isNext = bringing.firstAckId > 0 && ackId === bringing.lastAckId + 1;
  if (!isNext) bringing.firstAckId = ackId;
  bringing.lastAckId = ackId;
};

/** A frame returns the id of an ack: answers whether that one brought what was not known to have come. */
export const noteReturned = (wanted: Wanted, ackId: number): boolean => {
  const { bringing } = wanted;
  if (bringing === null || ackId === 0) return false;
  if (ackId < bringing.firstAckId || ackId > bringing.lastAckId) return false;
  wanted.echoedId = bringing.id;
  wanted.bringing = null;
  wanted.broughtMs = Number.NEGATIVE_INFINITY;
  wanted.pauseMs = firstPauseMs;
  return true;
};

/** Whether it is time for an ack without a frame; the pauses before the next grow. */
export const isDue = (wanted: Wanted, nowMs: number): boolean => {
  if (nowMs - wanted.broughtMs < wanted.pauseMs) return false;
  wanted.broughtMs = nowMs;
  wanted.pauseMs = Math.min(pauseLimitMs, wanted.pauseMs * 2);
  return true;
};
