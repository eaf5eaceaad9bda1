import type { BootRecord, NewFrame } from "../../agent/spool/spool.ts";
import { encodeFrame } from "../../shared/codec/encode.ts";
import type { Entry } from "../../shared/event.ts";
import type { Boot, FrameHeader } from "../../shared/frame.ts";

/** The boot of a device that counts its starts. */
export const bootOf = (number: number): Boot => ({ nonce: 0xb007_0000 + number, number });

/** A boot of a device that has no flash to count in. */
export const uncountedBoot = (nonce: number): Boot => ({ nonce, number: 0 });

/** A boot of the one flash that counts the starts of its device. */
export const countedBoot = (number: number): Boot => ({ nonce: 0xf1a5_0000, number });

/** The same frame, as a later boot sends it. */
export const replayed = (header: FrameHeader, endedAgoMs = 60_000): FrameHeader => ({
  ...header,
  endedAgoMs,
});

/** The header of a frame of `count` seqs from `first`, of a device that holds all since `base`. */
export const headerOf = (boot: Boot, first: number, count = 1, base = 0): FrameHeader => ({
  boot,
  base,
  first,
  count,
  sendUptimeMs: 1_000 + first,
  ackId: 0,
  ackUptimeMs: 1_000 + first,
});

/** The bytes of a frame whose events say their seq; `isEnd` makes the last entry the boot's end. */
export const payloadOf = (header: FrameHeader, isEnd = false): Uint8Array => {
  const entries = Array.from({ length: header.count }, (_, index): Entry => {
    const uptimeMs = header.first + index;
    if (isEnd && index === header.count - 1) return { kind: "end", uptimeMs };
    const site = { level: "info", tag: "", format: "seq %d" } as const;
    return { kind: "event", uptimeMs, site, values: [header.first + index] };
  });
  return encodeFrame({ header, body: { kind: "entries", entries } });
};

/** A payload whose header can be read and whose body cannot. */
export const brokenBody = (header: FrameHeader): Uint8Array => {
  const payload = payloadOf(header);
  return Uint8Array.from([...payload, 0xff]);
};

/** A frame as a session hands it to the spool: one seq, in the lane of its device. */
export const newFrame = (
  device: string,
  seq: number,
  changes: Partial<NewFrame> = {},
): NewFrame => {
  const boot = changes.boot ?? bootOf(1);
  return {
    lane: `g:${device}`,
    device,
    boot,
    from: seq,
    end: seq + 1,
    lost: 0,
    closes: [],
    bytes: payloadOf(headerOf(boot, seq)),
    ...changes,
  };
};

/** What is written beside a frame. */
export const recordOf = (frame: NewFrame, order = 1): BootRecord => ({
  device: frame.device,
  boot: frame.boot,
  cursor: frame.end,
  definitions: 0,
  order,
  isEnded: false,
  clock: { ackCeiling: 1, segments: [] },
});
