/** A PUBLISH that needs no broker: QoS 0 or 1, not retained. Its bytes are those that came. */
export interface Publish {
  topic: Uint8Array;
  payload: Uint8Array;
  /** What a PUBACK names; 0 at QoS 0, which has none. */
  id: number;
}

/** Takes apart what a client sends: messages that need no broker, and everything else. */
export interface Splitter {
  /** Bytes came. */
  push(chunk: Uint8Array): void;
  /**
   * The next bytes that are the broker's, up to a message that may not be; null for none. To be asked
   * again once the broker has read them.
   */
  next(): Uint8Array | null;
  /** Whether something may be left to ask for. */
  hasMore(): boolean;
}

/** PUBLISH, with its flags: DUP, QoS 0 to 2, RETAIN. */
const publishType = 0x30;
const duplicateFlag = 0x08;
const qos1Flag = 0x02;

const lengthLimitBytes = 4;

interface Head {
  type: number;
  bodyAt: number;
  end: number;
}

/** The packet that begins there; null as long as its length is not whole. */
const headAt = (bytes: Uint8Array, at: number): Head | null => {
  let length = 0;
  for (let index = 1; index <= lengthLimitBytes; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    length += (byte & 127) * 128 ** (index - 1);
    if (byte < 128 || index === lengthLimitBytes) {
      const bodyAt = at + index + 1;
      return { type: bytes[at] as number, bodyAt, end: bodyAt + length };
    }
  }
  return null;
};

const isShort = (type: number): boolean =>
  (type & ~duplicateFlag) === publishType || (type & ~duplicateFlag) === (publishType | qos1Flag);

/** Null where its parts do not fit into it. */
const publishOf = (bytes: Uint8Array, { type, bodyAt, end }: Head): Publish | null => {
  const topicAt = bodyAt + 2;
  const topicEnd = topicAt + (bytes[bodyAt] as number) * 256 + (bytes[bodyAt + 1] as number);
  const hasId = (type & qos1Flag) > 0;
  const payloadAt = topicEnd + (hasId ? 2 : 0);
  if (!(payloadAt <= end)) return null;
  const id = hasId ? (bytes[topicEnd] as number) * 256 + (bytes[topicEnd + 1] as number) : 0;
  if (hasId && id === 0) return null;
  const topic = bytes.subarray(topicAt, topicEnd);
  return { topic, payload: bytes.subarray(payloadAt, end), id };
};

/**
 * `take` is offered each message once all of it is there, in the order of arrival, and says whether it
 * has taken it; what it has not is the broker's. Packets have a limit: the packet guard comes before.
 */
export const createSplitter = (take: (publish: Publish) => boolean): Splitter => {
  /** What came and is nobody's yet. */
  let parts: Uint8Array[] = [];
  let bytesLeft = 0;
  /** Below this nothing can be done with it. */
  let bytesNeeded = 1;
  /** Bytes to come of a packet that is the broker's. */
  let passing = 0;

  const keep = (left: Uint8Array, needed: number): void => {
    parts = left.length > 0 ? [left] : [];
    bytesLeft = left.length;
    bytesNeeded = needed;
  };
  return {
    push(chunk) {
      parts.push(chunk);
      bytesLeft += chunk.length;
    },
    hasMore: () => bytesLeft >= bytesNeeded,
    next() {
      if (bytesLeft < bytesNeeded) return null;
      const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
      let at = Math.min(passing, bytes.length);
      let from = 0;
      let needed = 1;
      passing -= at;
      while (at < bytes.length) {
        const head = headAt(bytes, at);
        const isOffered = head !== null && isShort(head.type);
        if (head === null || (isOffered && (at > from || head.end > bytes.length))) {
          if (at === from) needed = (head?.end ?? bytes.length + 1) - at;
          break;
        }
        const publish = isOffered ? publishOf(bytes, head) : null;
        const isTaken = publish !== null && take(publish);
        passing = Math.max(0, head.end - bytes.length);
        at = head.end - passing;
        if (isTaken) from = at;
      }
      keep(bytes.subarray(at), needed);
      return at > from ? bytes.subarray(from, at) : null;
    },
  };
};
