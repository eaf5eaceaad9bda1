import fc, { type Arbitrary } from "fast-check";
import type { Ack, Command } from "../../shared/downlink.ts";
import {
  type DropCount,
  dropReasons,
  type Entry,
  type LogEvent,
  levels,
  type Site,
  type Value,
} from "../../shared/event.ts";
import type { Body, Boot, Frame, FrameHeader } from "../../shared/frame.ts";

export const maxInteger = Number.MAX_SAFE_INTEGER;

/** Integers from 0, small and large ones alike often. */
const anyCount = (max: number): Arbitrary<number> =>
  fc.oneof(
    fc.nat({ max: Math.min(300, max) }),
    fc.nat({ max: Math.min(100_000_000, max) }),
    fc.maxSafeNat().map((value) => Math.min(value, max)),
    fc.constant(max),
  );

const recordOf = <Type>(parts: { [Key in keyof Type]: Arbitrary<Type[Key]> }): Arbitrary<Type> =>
  fc.record(parts, { noNullPrototype: true }) as Arbitrary<Type>;

const anyUint32 = (): Arbitrary<number> => fc.nat({ max: 0xffffffff });

/** Every code unit, lone surrogates included, and every script. */
export const anyText = (): Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc
      .array(fc.nat({ max: 0xffff }), { maxLength: 12 })
      .map((units) => String.fromCharCode(...units)),
  );

const anyBytes = (): Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: 20 });

const edgeNumbers = [
  maxInteger,
  -maxInteger,
  maxInteger + 1,
  -maxInteger - 1,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  2 ** -1022,
  2 ** 31,
  -(2 ** 31),
  1e-7,
  0.1 + 0.2,
  63,
  64,
  -64,
  -65,
];

export const anyNumber = (): Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: -1000, max: 1000 }),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(...edgeNumbers),
  );

export const anyValue = (): Arbitrary<Value> =>
  fc.oneof(
    fc.constant(null),
    fc.boolean(),
    anyNumber(),
    anyText(),
    anyBytes(),
    fc.json({ maxDepth: 2 }).map((json) => ({ json })),
  );

export const anySite = (): Arbitrary<Site> =>
  fc.oneof(
    recordOf({ level: fc.constantFrom(...levels), tag: anyText(), format: anyText() }),
    recordOf({
      level: fc.constant("info" as const),
      tag: anyText(),
      format: anyText(),
      isMetric: fc.constant(true as const),
    }),
  );

const anyDropCount = (): Arbitrary<DropCount> =>
  recordOf({
    level: fc.constantFrom(...levels),
    reason: fc.constantFrom(...dropReasons),
    count: anyCount(maxInteger).map((count) => Math.max(1, count)),
  });

const anyEvent = (sites: Site[]): Arbitrary<LogEvent> =>
  recordOf({
    kind: fc.constant("event" as const),
    uptimeMs: anyCount(maxInteger),
    site: fc.constantFrom(...sites),
    values: fc.array(anyValue(), { maxLength: 5 }),
  });

const anyEntry = (sites: Site[]): Arbitrary<Entry> =>
  fc.oneof(
    { weight: 6, arbitrary: anyEvent(sites) },
    {
      weight: 1,
      arbitrary: recordOf({
        kind: fc.constant("drop" as const),
        uptimeMs: anyCount(maxInteger),
        drop: anyDropCount(),
      }),
    },
  );

const byUptime = (left: Entry, right: Entry): number => left.uptimeMs - right.uptimeMs;

/** Entries by uptime; now and then the end of the boot after them. */
const anyEntries = (): Arbitrary<Body> =>
  fc
    .array(anySite(), { minLength: 1, maxLength: 4 })
    .chain((sites) => fc.array(anyEntry(sites), { minLength: 1, maxLength: 12 }))
    .map((entries) => [...entries].sort(byUptime))
    .chain((entries) =>
      fc.constantFrom<Entry[]>([], [], [], [{ kind: "end", uptimeMs: maxInteger }]).map((end) => ({
        kind: "entries",
        entries: [...entries, ...end],
      })),
    );

const anyTombstone = (): Arbitrary<Body> =>
  recordOf({
    kind: fc.constant("tombstone" as const),
    uptimeMs: anyCount(maxInteger),
    drops: fc.array(anyDropCount(), { maxLength: 5 }),
  });

export const anyBoot = (): Arbitrary<Boot> =>
  recordOf({ nonce: anyUint32(), number: anyCount(maxInteger) });

/** A header for a body of `count` seqs. */
export const anyHeader = (count: number): Arbitrary<FrameHeader> =>
  recordOf({
    boot: anyBoot(),
    first: anyCount(maxInteger - count),
    sendUptimeMs: anyCount(maxInteger),
    ackId: anyCount(maxInteger),
    heldPart: fc.double({ min: 0, max: 1, noNaN: true }),
    agePart: fc.double({ min: 0, max: 1, noNaN: true }),
    endedAgoMs: fc.option(anyCount(maxInteger), { nil: undefined }),
  }).map(({ boot, first, sendUptimeMs, ackId: given, heldPart, agePart, endedAgoMs }) => {
    const ackId = endedAgoMs === undefined ? given : 0;
    return {
      boot,
      base: Math.floor(first * heldPart),
      first,
      count,
      sendUptimeMs,
      ackId,
      ackUptimeMs: ackId === 0 ? sendUptimeMs : Math.floor(sendUptimeMs * agePart),
      ...(endedAgoMs === undefined ? {} : { endedAgoMs }),
    };
  });

/** Frames as a device may send them: uptimes never decrease, counts are right. */
export const anyFrame = (): Arbitrary<Frame> =>
  fc.oneof(
    anyEntries().chain((body) =>
      anyHeader(body.kind === "entries" ? body.entries.length : 0).map((header) => ({
        header,
        body,
      })),
    ),
    anyTombstone().chain((body) =>
      anyCount(1000)
        .chain((more) => anyHeader(more + 1))
        .map((header) => ({ header, body })),
    ),
  );

const anyCommand = (): Arbitrary<Command> =>
  recordOf({
    id: anyCount(maxInteger),
    kind: anyCount(9),
    remainingMs: anyCount(maxInteger),
    value: anyCount(maxInteger),
    tag: fc.string({ maxLength: 64 }),
  });

export const anyAck = (): Arbitrary<Ack> =>
  fc.oneof(anyPlainAck(), recordOf({ ack: anyPlainAck(), command: anyCommand() }).map(withCommand));

const withCommand = ({ ack, command }: { ack: Ack; command: Command }): Ack => ({
  ...ack,
  command,
});

const anyPlainAck = (): Arbitrary<Ack> =>
  recordOf({
    storeId: anyUint32(),
    ackId: anyCount(maxInteger),
    boot: anyBoot(),
    next: anyCount(maxInteger),
    definitions: anyCount(maxInteger),
    epochMs: anyCount(maxInteger),
    busyMs: anyCount(maxInteger),
  });

/** Bytes with damage as radio, flash and enemies do it: changed, cut off, lengthened, doubled. */
export const anyDamage = (bytes: Uint8Array): Arbitrary<Uint8Array> =>
  fc.oneof(
    fc
      .array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), { minLength: 1 })
      .map((changes) => {
        const damaged = new Uint8Array(bytes);
        for (const [place, byte] of changes) damaged[place] = byte;
        return damaged;
      }),
    fc.nat({ max: bytes.length - 1 }).map((length) => bytes.slice(0, length)),
    fc
      .uint8Array({ minLength: 1, maxLength: 9 })
      .map((more) => new Uint8Array([...bytes, ...more])),
    fc.nat({ max: bytes.length }).map((from) => new Uint8Array([...bytes, ...bytes.slice(from)])),
  );
