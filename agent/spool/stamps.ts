import type { StampQuality } from "../clock.ts";
import type { IntentStamp } from "./intent.ts";

/*
 * Stamps of consecutive entries, one after another. They differ little from one to the next: most
 * take 2 or 3 bytes, and no object outlives its entry.
 *
 *   ┌─────────────────────────────────────┬───────────────────────────────┐
 *   │ zigzag(epochMs - before) * 2 + 0    │ zigzag(errorMs - before)      │   quality as before; the
 *   │ varint                              │ varint; absent where null     │   second is null as before
 *   ├─────────────────────────────────────┼───────────────────────────────┴──────────────────┐
 *   │ 1                                   │ flags, epochMs, then errorMs, trueMs, accepted,  │
 *   │ varint                              │ refused, each where its flag is set              │
 *   └─────────────────────────────────────┴──────────────────────────────────────────────────┘
 * Numbers of the second form are 8 bytes, IEEE 754, little end first; the text is a varint of its
 * length and its UTF-16 code units as varints.
 */
const qualities: readonly StampQuality[] = ["synced", "estimated", "placed"];
const qualityBits = 3;
const errorFlag = 4;
const trueFlag = 8;
const acceptedFlag = 16;
const refusedFlag = 32;

/** Differences of the first form are below this, either way: twice doubled it is still exact. */
const differenceLimit = 2 ** 50;

/** What a stamp is told by: the one before it. */
interface Before {
  epochMs: number;
  errorMs: number;
  isErrorNull: boolean;
  quality: StampQuality;
}

const nothingBefore = (): Before => ({
  epochMs: 0,
  errorMs: 0,
  isErrorNull: false,
  quality: "synced",
});

/** Whether a value can be told by its difference to the one before it. */
const isNear = (value: number, before: number): boolean => {
  const difference = value - before;
  return (
    difference < differenceLimit &&
    difference > -differenceLimit &&
    Math.floor(difference) === difference &&
    before + difference === value
  );
};

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

/** Packs the stamps of a run as they are made. */
export interface StampPacker {
  add(stamp: IntentStamp): void;
  /** All that were added. */
  pack(): Uint8Array;
}

/** Gives a double its bytes. */
const doubles = new DataView(new ArrayBuffer(8));

export const createStampPacker = (): StampPacker => {
  const before = nothingBefore();
  // A list: most runs are short, and an array of bytes that may grow takes a microsecond to make.
  const bytes: number[] = [];

  const varint = (value: number): void => {
    let left = value;
    for (; left > 127; left = Math.floor(left / 128)) bytes.push(128 | (left % 128));
    bytes.push(left);
  };
  const double = (value: number): void => {
    doubles.setFloat64(0, value, true);
    for (let index = 0; index < 8; index++) bytes.push(doubles.getUint8(index));
  };
  const text = (value: string): void => {
    varint(value.length);
    for (let index = 0; index < value.length; index++) varint(value.charCodeAt(index));
  };
  const addWhole = ({ epochMs, errorMs, quality, trueMs, accepted, refused }: IntentStamp) => {
    varint(1);
    bytes.push(
      qualities.indexOf(quality) |
        (errorMs === null ? 0 : errorFlag) |
        (trueMs === undefined ? 0 : trueFlag) |
        (accepted === undefined ? 0 : acceptedFlag) |
        (refused === undefined ? 0 : refusedFlag),
    );
    double(epochMs);
    if (errorMs !== null) double(errorMs);
    if (trueMs !== undefined) double(trueMs);
    if (accepted !== undefined) double(accepted);
    if (refused !== undefined) text(refused);
  };
  const isPlain = ({ quality, errorMs, trueMs, accepted, refused }: IntentStamp): boolean =>
    quality === before.quality &&
    (errorMs === null) === before.isErrorNull &&
    trueMs === undefined &&
    accepted === undefined &&
    refused === undefined;
  return {
    add(stamp) {
      const { epochMs, errorMs } = stamp;
      const isErrorNear = isNear(errorMs ?? before.errorMs, before.errorMs);
      if (isPlain(stamp) && isNear(epochMs, before.epochMs) && isErrorNear) {
        varint(zigzag(epochMs - before.epochMs) * 2);
        if (errorMs !== null) varint(zigzag(errorMs - before.errorMs));
      } else addWhole(stamp);
      before.epochMs = epochMs;
      before.errorMs = errorMs ?? before.errorMs;
      before.isErrorNull = errorMs === null;
      before.quality = stamp.quality;
    },
    pack: () => new Uint8Array(bytes),
  };
};

export const packStamps = (stamps: readonly IntentStamp[]): Uint8Array => {
  const packer = createStampPacker();
  for (const stamp of stamps) packer.add(stamp);
  return packer.pack();
};

/** The stamps that were packed, in their order. */
export const unpackStamps = (packed: Uint8Array): IntentStamp[] => {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const before = nothingBefore();
  const stamps: IntentStamp[] = [];
  let offset = 0;

  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = packed[offset++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const double = (): number => {
    offset += 8;
    return view.getFloat64(offset - 8, true);
  };
  const text = (): string => {
    let value = "";
    for (let left = varint(); left > 0; left--) value += String.fromCharCode(varint());
    return value;
  };
  const readWhole = (): IntentStamp => {
    const flags = packed[offset++] ?? 0;
    return {
      epochMs: double(),
      errorMs: flags & errorFlag ? double() : null,
      quality: qualities[flags & qualityBits] ?? "placed",
      ...(flags & trueFlag ? { trueMs: double() } : {}),
      ...(flags & acceptedFlag ? { accepted: double() } : {}),
      ...(flags & refusedFlag ? { refused: text() } : {}),
    };
  };
  const readPlain = (step: number): IntentStamp => {
    const epochMs = before.epochMs + unzigzag(step / 2);
    const errorMs = before.isErrorNull ? null : before.errorMs + unzigzag(varint());
    return { epochMs, errorMs, quality: before.quality };
  };
  while (offset < packed.length) {
    const first = varint();
    const stamp = first === 1 ? readWhole() : readPlain(first);
    before.epochMs = stamp.epochMs;
    before.errorMs = stamp.errorMs ?? before.errorMs;
    before.isErrorNull = stamp.errorMs === null;
    before.quality = stamp.quality;
    stamps.push(stamp);
  }
  return stamps;
};
