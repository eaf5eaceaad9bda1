/**
 * The events of one PutLogEvents call as they rest in a stream's file, little endian:
 *
 * ```text
 *  0      4      8        12    16        24       32           40            48
 *  ┌──────┬──────┬────────┬─────┬─────────┬────────┬────────────┬─────────────┬─────────┬───────────┬──────┐
 *  │ FLE1 │ body │ events │  0  │ firstMs │ lastMs │ ingestedMs │ visibleAtMs │ n × ms  │ n × bytes │ text │
 *  └──────┴──────┴────────┴─────┴─────────┴────────┴────────────┴─────────────┴─────────┴───────────┴──────┘
 *    u32    u32     u32     u32     f64       f64        f64          f64         f64        u32      UTF-8
 * ```
 *
 * A record cut short by a crash is known by its length: the body reaches beyond the file's end.
 */
export interface RecordHead {
  bodyBytes: number;
  eventCount: number;
  firstMs: number;
  lastMs: number;
  ingestedMs: number;
  /** Readers do not see the events before. */
  visibleAtMs: number;
}

/** One event as PutLogEvents takes it. */
export interface InputEvent {
  timestamp: number;
  message: string;
}

/** What a record says of all its events. */
export interface RecordStamps {
  ingestedMs: number;
  visibleAtMs: number;
}

export const headBytes = 48;

/** Bytes a record adds to each message. */
export const eventFieldBytes = 12;

const magic = 0x31454c46;

/** Writes one record. `messageBytes` is the UTF-8 length of all messages; events are not empty. */
export const encodeRecord = (
  events: readonly InputEvent[],
  messageBytes: number,
  stamps: RecordStamps,
): Buffer => {
  const bodyBytes = events.length * eventFieldBytes + messageBytes;
  const record = Buffer.allocUnsafe(headBytes + bodyBytes);
  record.writeUInt32LE(magic, 0);
  record.writeUInt32LE(bodyBytes, 4);
  record.writeUInt32LE(events.length, 8);
  record.writeUInt32LE(0, 12);
  record.writeDoubleLE(events[0]?.timestamp ?? 0, 16);
  record.writeDoubleLE(events.at(-1)?.timestamp ?? 0, 24);
  record.writeDoubleLE(stamps.ingestedMs, 32);
  record.writeDoubleLE(stamps.visibleAtMs, 40);
  let timeAt = headBytes;
  let lengthAt = timeAt + events.length * 8;
  let textAt = lengthAt + events.length * 4;
  for (const event of events) {
    const written = record.write(event.message, textAt, "utf8");
    timeAt = record.writeDoubleLE(event.timestamp, timeAt);
    lengthAt = record.writeUInt32LE(written, lengthAt);
    textAt += written;
  }
  return record;
};

/** Reads the head at `offset`, or undefined where no whole head of a record stands. */
export const decodeHead = (bytes: Buffer, offset: number): RecordHead | undefined => {
  if (offset + headBytes > bytes.length || bytes.readUInt32LE(offset) !== magic) return undefined;
  return {
    bodyBytes: bytes.readUInt32LE(offset + 4),
    eventCount: bytes.readUInt32LE(offset + 8),
    firstMs: bytes.readDoubleLE(offset + 16),
    lastMs: bytes.readDoubleLE(offset + 24),
    ingestedMs: bytes.readDoubleLE(offset + 32),
    visibleAtMs: bytes.readDoubleLE(offset + 40),
  };
};

/** An event's place inside a chunk of bytes; the text is decoded only when wanted. */
export interface EventPlace {
  /** Position within the record, from 0. */
  place: number;
  timestampMs: number;
  textStart: number;
  textEnd: number;
}

/** The places of a record's events, in order. `offset` is where its head begins. */
export const eventPlaces = (bytes: Buffer, offset: number, head: RecordHead): EventPlace[] => {
  const times = offset + headBytes;
  const lengths = times + head.eventCount * 8;
  let textStart = lengths + head.eventCount * 4;
  const places: EventPlace[] = [];
  for (let place = 0; place < head.eventCount; place += 1) {
    const textEnd = textStart + bytes.readUInt32LE(lengths + place * 4);
    places.push({ place, timestampMs: bytes.readDoubleLE(times + place * 8), textStart, textEnd });
    textStart = textEnd;
  }
  return places;
};
