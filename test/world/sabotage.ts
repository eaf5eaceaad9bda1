import { crc32 } from "node:zlib";
import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import type { Attempt } from "../../agent/cloudwatch/faults.ts";
import type { Change } from "../../agent/spool/group-commit.ts";
import type { KeyedStore } from "../../agent/spool/keyed-store.ts";
import type { Time } from "../../agent/time.ts";
import type { Link } from "../../device/platform.ts";
import { decodeAck, encodeAck } from "../../shared/codec/downlink.ts";
import { readHeader, writeHeader } from "../../shared/codec/header.ts";
import { createReader } from "../../shared/codec/reader.ts";
import { createWriter } from "../../shared/codec/writer.ts";
import type { Ack } from "../../shared/downlink.ts";
import type { FrameHeader } from "../../shared/frame.ts";

/** What comes between a part and the world, so that the part is as if it were wrong. */
export interface Sabotage {
  store?(store: KeyedStore): KeyedStore;
  cloudwatch?(client: AWSCloudWatchLogs): AWSCloudWatchLogs;
  /** Null for an ack that does not leave. */
  ack?(payload: Uint8Array): Uint8Array | null;
  time?(time: Time): Time;
  link?(link: Link): Link;
}

/** A store whose changes are others than were asked for. */
const changing =
  (change: (changes: Change[]) => Change[]) =>
  (store: KeyedStore): KeyedStore => ({
    ...store,
    write: (changes, isSynced) => store.write(change(changes), isSynced),
  });

/** A store that forgets to write what has this key. */
const without = (prefix: string) =>
  changing((changes) =>
    changes.filter(({ type, key }) => type === "del" || !key.startsWith(prefix)),
  );

/** A client that gets other answers, or sends other bodies. */
class OtherClient extends AWSCloudWatchLogs {
  readonly #client: AWSCloudWatchLogs;
  readonly #body: (body: Uint8Array) => Uint8Array;
  readonly #answer: (answer: Attempt) => Attempt;

  constructor(
    client: AWSCloudWatchLogs,
    body: (body: Uint8Array) => Uint8Array,
    answer: (answer: Attempt) => Attempt,
  ) {
    super("us-east-1", "AKIDWORLD", "secret", { environment: {} });
    this.#client = client;
    this.#body = body;
    this.#answer = answer;
  }

  override attempt(action: string, params: object): Promise<Attempt> {
    return this.#client.attempt(action, params as never);
  }

  override async attemptEncoded(action: string, body: Uint8Array): Promise<Attempt> {
    return this.#answer(await this.#client.attemptEncoded(action, this.#body(body)));
  }

  override clockOffsetMs(): number | undefined {
    return this.#client.clockOffsetMs();
  }
}

const same = <Type>(value: Type): Type => value;

const answering = (answer: (given: Attempt) => Attempt) => (client: AWSCloudWatchLogs) =>
  new OtherClient(client, same, answer);

const withoutNotices =
  (event: string) =>
  (body: Uint8Array): Uint8Array => {
    const put = JSON.parse(Buffer.from(body).toString()) as { logEvents: { message: string }[] };
    const logEvents = put.logEvents.filter(
      ({ message }) => !message.includes(`"event":"${event}"`),
    );
    return logEvents.length === 0 ? body : Buffer.from(JSON.stringify({ ...put, logEvents }));
  };

const acking = (change: (ack: Ack) => Ack) => (payload: Uint8Array) => {
  const decoded = decodeAck(payload);
  return decoded.ok ? encodeAck(change(decoded.ack)) : payload;
};

/** The frame with another header. */
const reheaded = (payload: Uint8Array, change: (header: FrameHeader) => FrameHeader) => {
  const reader = createReader(payload, 0);
  const { header, bodyFormat } = readHeader(reader);
  if (reader.fault() !== null) return payload;
  const writer = createWriter();
  writeHeader(writer, change(header), bodyFormat);
  return Buffer.concat([writer.bytes(), payload.subarray(reader.offset())]);
};

const sending =
  (change: (payload: Uint8Array) => Uint8Array | null) =>
  (link: Link): Link => ({
    ...link,
    publish(topic, payload, isRetained) {
      const sent = topic.endsWith("/up") ? change(payload) : payload;
      if (sent !== null) link.publish(topic, sent, isRetained);
    },
  });

const sendsOnce = (link: Link): Link => {
  const sent = new Set<string>();
  return sending((payload) => {
    const { header } = readHeader(createReader(payload, 0));
    const key = `${header.boot.nonce} ${header.boot.number} ${header.first}`;
    if (sent.has(key)) return null;
    sent.add(key);
    return payload;
  })(link);
};

/** A stored frame whose checksum says that its bytes are what they were. */
const withItsChecksum = (key: string, record: Uint8Array | undefined): Uint8Array | undefined => {
  if (!key.startsWith("f/") || record === undefined) return record;
  const copy = Buffer.from(record);
  const bodyAt = 10 + copy.readUInt16BE(8);
  copy.writeUInt32BE(crc32(copy.subarray(bodyAt)), 4);
  return copy;
};

const unchecked = (store: KeyedStore): KeyedStore => ({
  ...store,
  getSync: (key) => withItsChecksum(key, store.getSync(key)),
  async *entries(range) {
    for await (const [key, value] of store.entries(range)) {
      yield [key, withItsChecksum(key, value) as Uint8Array];
    }
  },
});

const laterMs = 5_000;

/** Ways to break the promise, each of which the books must show. */
export const sabotages: { [name: string]: Sabotage } = {
  "the agent acks before the sync": {
    store: (store) => ({
      ...store,
      async write(changes, isSynced) {
        const written = store.write(changes, false);
        if (!isSynced) await written;
      },
    }),
  },
  "the device forgets to resend": { link: sendsOnce },
  "the ack's cursor is one too far": { ack: acking((ack) => ({ ...ack, next: ack.next + 1 })) },
  "the disk's bytes are not checked": { store: unchecked },
  "intents are not kept": { store: without("i/") },
  "progress is not kept": { store: without("p/") },
  "cursors are not kept": { store: without("b/") },
  "dead letters are not kept": { store: without("d/") },
  "a batch is written in two halves": {
    store: (store) => ({
      ...store,
      async write(changes, isSynced) {
        const half = Math.ceil(changes.length / 2);
        await store.write(changes.slice(0, half), isSynced);
        if (half < changes.length) await store.write(changes.slice(half), isSynced);
      },
    }),
  },
  "a call without an answer is taken for refused": {
    cloudwatch: answering((answer) =>
      answer.kind === "noResponse" ? { kind: "notSent", error: "no answer" } : answer,
    ),
  },
  "a call without an answer is taken for accepted": {
    cloudwatch: answering((answer) =>
      answer.kind === "noResponse"
        ? { kind: "response", statuscode: 200, headers: {}, body: "{}" }
        : answer,
    ),
  },
  "refused events are not looked at": {
    cloudwatch: answering((answer) =>
      answer.kind === "response" && answer.statuscode === 200 ? { ...answer, body: "{}" } : answer,
    ),
  },
  "counts of drops are not delivered": {
    cloudwatch: (client) => new OtherClient(client, withoutNotices("dropped"), same),
  },
  "counts of repeated events are not delivered": {
    cloudwatch: (client) => new OtherClient(client, withoutNotices("possibly_duplicated"), same),
  },
  "steps of the wall clock go unnoticed": {
    time(time) {
      const offsetMs = time.epochMs() - time.monotonicMs();
      return { ...time, epochMs: () => time.monotonicMs() + offsetMs };
    },
  },
  "the device says it sent later than it did": {
    link: sending((payload) =>
      reheaded(payload, (header) =>
        header.endedAgoMs !== undefined
          ? header
          : { ...header, sendUptimeMs: header.sendUptimeMs + laterMs },
      ),
    ),
  },
  "the device gives up what it still holds": {
    link: sending((payload) => reheaded(payload, (header) => ({ ...header, base: header.first }))),
  },
};
