import { crc32 } from "node:zlib";
import { decodeHead, type FrameBeginning, type FrameFault } from "../shared/codec/decode.ts";
import type { FrameHead } from "../shared/definition.ts";
import type { FrameHeader } from "../shared/frame.ts";
import { frameLimitBytes } from "../shared/limits.ts";
import { heldFromIn } from "./boot-event.ts";
import type { FirstFrame } from "./session.ts";

/** A frame whose header could be read, be its body readable or not. */
export interface Arrival {
  header: FrameHeader;
  /** What it defines; null where that cannot be read, or it is of a form that defines nothing. */
  head: FrameHead | null;
  payload: Uint8Array;
  /** Its last entry says that the boot ended. */
  isEnd: boolean;
  /** CRC-32 of what was sealed, of the first entries of a boot; null of any other frame. */
  firstCrc: number | null;
  arrivalMs: number;
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

const unreadable = { head: null, isEnd: false, firstCrc: null };

export const readArrival = (payload: Uint8Array, arrivalMs: number): Arrival | NoArrival => {
  const decoded = decode(payload);
  if (!decoded.ok) {
    const { header, offset, reason } = decoded;
    if (header === null) return { reason: `${reason} at byte ${offset}` };
    return { header, payload, arrivalMs, ...unreadable };
  }
  const { bodyAt, head, header, isEnd } = decoded;
  const isFirst = head !== null && header.first === 0;
  const firstCrc = isFirst ? crc32(payload.subarray(bodyAt)) : null;
  return { header, payload, arrivalMs, head, isEnd, firstCrc };
};

/** What the frame tells of its boot, as the first that is stored of it. */
export const firstFrameOf = ({ firstCrc, header, payload }: Arrival): FirstFrame => {
  const heldFrom = heldFromIn(payload, header);
  return {
    ...(heldFrom === undefined ? {} : { heldFrom }),
    ...(firstCrc === null ? {} : { firstCrc }),
  };
};
