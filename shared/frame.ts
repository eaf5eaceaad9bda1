import type { DropCount, Entry } from "./event.ts";

/** One start of a device. Two boots are the same only if both parts are. */
export interface Boot {
  /** 32 bits of entropy. */
  nonce: number;
  /** Starts counted in flash, from 1; 0 where nothing counts them. */
  number: number;
}

/** `<number>-<nonce>`, the nonce as 8 hex digits: the boot as people read it and as stores key it. */
export const bootText = (boot: Boot): string =>
  `${boot.number}-${`0000000${boot.nonce.toString(16)}`.slice(-8)}`;

/**
 * The outer header: the same in all versions, written each time a frame is sent. An agent that
 * cannot read the body can still store it as a dead letter and ack its seqs.
 */
export interface FrameHeader {
  boot: Boot;
  /** Lowest seq of this boot that the device still holds; never above `first`. */
  base: number;
  /** Seq of the first entry. */
  first: number;
  /** Seqs the body stands for, at least 1. */
  count: number;
  /** Uptime at which this sending began. */
  sendUptimeMs: number;
  /** Id of the last ack that arrived, 0 for none. */
  ackId: number;
  /** Uptime at which that ack arrived; `sendUptimeMs` for none. */
  ackUptimeMs: number;
  /**
   * Of a frame that a later boot sends: how long this boot has been over at least, milliseconds.
   * `sendUptimeMs` is then the last uptime known of it, and no ack is named. Else absent.
   */
  endedAgoMs?: number;
}

/** What the seqs of a frame mean. */
export type Body =
  | { kind: "entries"; entries: Entry[] }
  /** Stands in for a frame that gave way to newer ones: when it began, what was lost with it. */
  | { kind: "tombstone"; uptimeMs: number; drops: DropCount[] };

/** Consecutive entries of one boot, one MQTT payload. */
export interface Frame {
  header: FrameHeader;
  body: Body;
}
