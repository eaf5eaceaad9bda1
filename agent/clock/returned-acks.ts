import type { AckIds } from "./ack-ids.ts";
import type { Bound } from "./bound.ts";
import { hasPassed, type Segment } from "./segment.ts";
import type { WallAxis } from "./wall-axis.ts";

/** The ack that a frame returns, as its header names it. */
export interface ReturnedAck {
  ackId: number;
  ackUptimeMs: number;
}

/** What the acks that frames return tell of a boot whose current segment is given. */
export interface ReturnedAcks {
  /** What the ack bounds; null for none, one that is not known, or one that another boot has heard. */
  take(ack: ReturnedAck, segment: Segment): Bound | null;
  /** Whether another boot may have heard the ack, or it is another store's under an id of ours. */
  doubts(ack: ReturnedAck, segment: Segment): boolean;
  /** Whether another boot has heard the ack: no other store can have given it. */
  refutes(ack: ReturnedAck, segment: Segment): boolean;
}

export const createReturnedAcks = (ackIds: AckIds, axis: WallAxis): ReturnedAcks => {
  const boundOf = ({ ackId, ackUptimeMs }: ReturnedAck): Bound | null => {
    const sentMs = ackIds.sentAt(ackId);
    return sentMs === undefined ? null : { uptimeMs: ackUptimeMs, epochMs: axis.epochMs(sentMs) };
  };
  const isImpossible = (ack: ReturnedAck, segment: Segment): boolean => {
    const bound = boundOf(ack);
    return bound !== null && hasPassed(segment, bound);
  };
  return {
    take: (ack, segment) => {
      ackIds.noteReturned(ack.ackId);
      if (!isImpossible(ack, segment)) return boundOf(ack);
      if (!ackIds.isOwn(ack.ackId)) ackIds.disown();
      return null;
    },
    doubts: (ack, segment) =>
      ackIds.isDisowned(ack.ackId) || (!ackIds.isOwn(ack.ackId) && isImpossible(ack, segment)),
    refutes: (ack, segment) => ackIds.isOwn(ack.ackId) && isImpossible(ack, segment),
  };
};
