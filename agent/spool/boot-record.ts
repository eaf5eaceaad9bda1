import type { Bound } from "../clock/bound.ts";
import type { Segment } from "../clock/segment.ts";
import type { BootRecord } from "./spool.ts";

/** A segment with how many bounds it has of either side, in place of the bounds. */
interface PackedSegment extends Omit<Segment, "notBefore" | "notAfter"> {
  bounds: [notBefore: number, notAfter: number];
}

interface PackedRecord extends Omit<BootRecord, "clock"> {
  clock: Omit<BootRecord["clock"], "segments"> & { segments: PackedSegment[] };
}

const lengthBytes = 4;
const boundBytes = 16;

const packSegment = ({ notBefore, notAfter, ...segment }: Segment): PackedSegment => ({
  ...segment,
  bounds: [notBefore.length, notAfter.length],
});

const boundsOf = (segments: readonly Segment[]): Bound[] =>
  segments.flatMap(({ notBefore, notAfter }) => [...notBefore, ...notAfter]);

/**
 * A boot is written with its frames, and most of it is what bounds its clock: as JSON that was 1.2 kB.
 *
 *   ┌────────────┬───────────────────────┬──────────────────────────────┐
 *   │ length     │ all but bounds, JSON  │ uptimeMs, epochMs of each    │
 *   │ 4, big end │ length                │ doubles, little end          │
 *   └────────────┴───────────────────────┴──────────────────────────────┘
 */
export const encodeBoot = ({ clock, ...record }: BootRecord): Uint8Array => {
  const { segments, ...others } = clock;
  const packed: PackedRecord = {
    ...record,
    clock: { ...others, segments: segments.map(packSegment) },
  };
  const json = Buffer.from(JSON.stringify(packed));
  const bounds = boundsOf(segments);
  const bytes = Buffer.allocUnsafe(lengthBytes + json.length + bounds.length * boundBytes);
  bytes.writeUInt32BE(json.length);
  bytes.set(json, lengthBytes);
  let at = lengthBytes + json.length;
  for (const { uptimeMs, epochMs } of bounds) {
    at = bytes.writeDoubleLE(epochMs, bytes.writeDoubleLE(uptimeMs, at));
  }
  return bytes;
};

export const decodeBoot = (record: Uint8Array): BootRecord => {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const jsonEnd = lengthBytes + bytes.readUInt32BE();
  const packed = JSON.parse(bytes.toString("utf8", lengthBytes, jsonEnd)) as PackedRecord;
  let at = jsonEnd;
  const take = (count: number): Bound[] =>
    Array.from({ length: count }, () => {
      const bound = { uptimeMs: bytes.readDoubleLE(at), epochMs: bytes.readDoubleLE(at + 8) };
      at += boundBytes;
      return bound;
    });
  const segments = packed.clock.segments.map(({ bounds: [before, after], ...segment }): Segment => {
    const notBefore = take(before);
    return { ...segment, notBefore, notAfter: take(after) };
  });
  return { ...packed, clock: { ...packed.clock, segments } };
};
