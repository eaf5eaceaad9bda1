import type { Bound } from "../clock/bound.ts";
import type { Segment } from "../clock/segment.ts";
import type { ClockState } from "../clock.ts";
import type { BootRecord, NewBootRecord, Whole } from "./spool.ts";

/** What of a boot does not change with its frames. */
interface Lasting extends Omit<BootRecord, "cursor" | "definitions" | "clock"> {
  clock: Omit<ClockState, "ackCeiling" | "segments">;
}

/** Named one by one: what is left of an object without some names takes as long as all else. */
const lastingOf = (
  {
    boot,
    device,
    dictionary,
    heldFrom,
    isDoubled,
    isEnded,
    isLate,
    openings,
    order,
    storedTo,
  }: NewBootRecord,
  { isOver, isShared, placed, wall }: ClockState,
): Whole<Omit<Lasting, "clock">> & { clock: Whole<Lasting["clock"]> } => ({
  boot,
  dictionary,
  order,
  isEnded,
  heldFrom,
  isLate,
  openings,
  isDoubled,
  storedTo,
  device,
  clock: { placed, isOver, isShared, wall },
});

const doubleBytes = 8;
const boundBytes = 16;
/** Length of the JSON, how many segments, three doubles. */
const frontBytes = 29;
/** Two doubles, how many bounds there are of either side. */
const segmentBytes = 18;

/** Through a view: a Buffer's own way of writing a double takes more than twice as long. */
const writeBounds = (view: DataView, from: number, bounds: readonly Bound[]): number => {
  let at = from;
  for (const { uptimeMs, epochMs } of bounds) {
    view.setFloat64(at, uptimeMs, true);
    view.setFloat64(at + doubleBytes, epochMs, true);
    at += boundBytes;
  }
  return at;
};

const writeSegment = (view: DataView, at: number, segment: Segment): number => {
  const { afterUptimeMs, notBefore, notAfter, roundTripMs } = segment;
  view.setFloat64(at, afterUptimeMs, true);
  view.setFloat64(at + doubleBytes, roundTripMs ?? Number.NaN, true);
  view.setUint8(at + 16, notBefore.length);
  view.setUint8(at + 17, notAfter.length);
  return writeBounds(view, writeBounds(view, at + segmentBytes, notBefore), notAfter);
};

const sizeOf = ({ notBefore, notAfter }: Segment): number =>
  segmentBytes + (notBefore.length + notAfter.length) * boundBytes;

/**
 * A boot is written with its frames, and most of it is what bounds its clock: as JSON that was 1.2 kB.
 * Doubles are little-endian.
 *
 *   ┌────────────┬──────────┬────────┬─────────────┬────────────┬────────┬──────────────┐
 *   │ length     │ segments │ cursor │ definitions │ ackCeiling │ JSON   │ each segment │
 *   │ 4, big end │ 1        │ 8      │ 8           │ 8          │ length │              │
 *   └────────────┴──────────┴────────┴─────────────┴────────────┴────────┴──────────────┘
 *
 *   ┌───────────────┬───────────────────┬───────────┬──────────┬──────────────────────────────┐
 *   │ afterUptimeMs │ roundTripMs       │ notBefore │ notAfter │ uptimeMs, epochMs of each of │
 *   │ 8             │ 8, NaN for none   │ 1         │ 1        │ these bounds, 16             │
 *   └───────────────┴───────────────────┴───────────┴──────────┴──────────────────────────────┘
 */
export const encodeBoot = (boot: NewBootRecord): Uint8Array => {
  const { cursor, definitions } = boot;
  const clock = typeof boot.clock === "function" ? boot.clock() : boot.clock;
  const { ackCeiling, segments } = clock;
  const json = JSON.stringify(lastingOf(boot, clock));
  const jsonBytes = Buffer.byteLength(json);
  const bytes = segments.reduce((sum, segment) => sum + sizeOf(segment), frontBytes + jsonBytes);
  const record = Buffer.allocUnsafe(bytes);
  const view = new DataView(record.buffer, record.byteOffset, bytes);
  view.setUint32(0, jsonBytes);
  view.setUint8(4, segments.length);
  view.setFloat64(5, cursor, true);
  view.setFloat64(13, definitions, true);
  view.setFloat64(21, ackCeiling, true);
  let at = frontBytes + record.write(json, frontBytes);
  for (const segment of segments) at = writeSegment(view, at, segment);
  return record;
};

const readBounds = (record: Buffer, from: number, count: number): Bound[] =>
  Array.from({ length: count }, (_, index) => {
    const at = from + index * boundBytes;
    return { uptimeMs: record.readDoubleLE(at), epochMs: record.readDoubleLE(at + doubleBytes) };
  });

const readSegment = (record: Buffer, at: number): Segment => {
  const before = record.readUInt8(at + 16);
  const after = record.readUInt8(at + 17);
  const roundTripMs = record.readDoubleLE(at + doubleBytes);
  const boundsAt = at + segmentBytes;
  return {
    afterUptimeMs: record.readDoubleLE(at),
    notBefore: readBounds(record, boundsAt, before),
    notAfter: readBounds(record, boundsAt + before * boundBytes, after),
    roundTripMs: Number.isNaN(roundTripMs) ? null : roundTripMs,
  };
};

/** Throws where the bytes are no such record. */
export const decodeBoot = (bytes: Uint8Array): BootRecord => {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = frontBytes + record.readUInt32BE();
  const { clock, ...others } = JSON.parse(record.toString("utf8", frontBytes, at)) as Lasting;
  const segments = Array.from({ length: record.readUInt8(4) }, () => {
    const segment = readSegment(record, at);
    at += sizeOf(segment);
    return segment;
  });
  return {
    ...others,
    cursor: record.readDoubleLE(5),
    definitions: record.readDoubleLE(13),
    clock: { ...clock, ackCeiling: record.readDoubleLE(21), segments },
  };
};
