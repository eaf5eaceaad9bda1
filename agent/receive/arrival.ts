import { crc32 } from "node:zlib";
import { decodeHead, type FrameBeginning, type FrameFault } from "../../shared/codec/decode.ts";
import type { FrameHead } from "../../shared/definition.ts";
import type { FrameHeader } from "../../shared/frame.ts";
import { frameLimitBytes } from "../../shared/limits.ts";
import type { FrameTiming } from "../clock.ts";
import type { FirstFrame } from "../session.ts";
import { heldFromIn } from "./boot-event.ts";

/** A frame whose header could be read, be its body readable or not. */
export interface Arrival {
  header: FrameHeader;
  /** What it defines; null where that cannot be read, or it is of a form that defines nothing. */
  head: FrameHead | null;
  payload: Uint8Array;
  /** Its last entry says that the boot ended. */
  isEnd: boolean;
  /** CRC-32 of what was sealed, of entries that may be among a boot's first; null of any other frame. */
  openingCrc: number | null;
  /** What it tells of time, if its send uptime is of its own boot. */
  timing: FrameTiming;
}

/** Why a payload is no frame. */
export interface NoArrival {
  reason: string;
}

const decode = (payload: Uint8Array): FrameBeginning | FrameFault => {
  if (payload.length <= frameLimitBytes) return decodeHead(payload);
  const reason = `${payload.length} bytes where ${frameLimitBytes} is the limit`;
  return { ok: false, fault: "header", offset: 0, reason, header: null };
};

/** Where a boot's first frames are, if they are of usual size. */
const openingSeqs = 256;

const unreadable = { head: null, isEnd: false, openingCrc: null };

const timingOf = (
  arrivalMs: number,
  { sendUptimeMs, ackId, ackUptimeMs }: FrameHeader,
): FrameTiming => ({ arrivalMs, sendUptimeMs, ackId, ackUptimeMs });

export const readArrival = (payload: Uint8Array, arrivalMs: number): Arrival | NoArrival => {
  const decoded = decode(payload);
  if (!decoded.ok) {
    const { header, offset, reason } = decoded;
    if (header === null) return { reason: `${reason} at byte ${offset}` };
    return { header, payload, timing: timingOf(arrivalMs, header), ...unreadable };
  }
  const { bodyAt, head, header, isEnd } = decoded;
  const isOpening = head !== null && (header.first < openingSeqs || header.ackId === 0);
  const openingCrc = isOpening ? crc32(payload.subarray(bodyAt)) : null;
  return { header, payload, timing: timingOf(arrivalMs, header), head, isEnd, openingCrc };
};

/** What the frame tells of its boot, if it is among the first. */
export const firstFrameOf = ({ header, openingCrc, payload }: Arrival): FirstFrame => {
  if (openingCrc === null) return {};
  const heldFrom = heldFromIn(payload, header);
  return { openingCrc, ...(heldFrom === undefined ? {} : { heldFrom }) };
};
