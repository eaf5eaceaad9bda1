import { type BodyWriter, createBodyWriter } from "../../shared/codec/body-writer.ts";
import { decodeFrame, decodeHead } from "../../shared/codec/decode.ts";
import { addEntry, encodeSealed, sealTombstone } from "../../shared/codec/encode.ts";
import { bodyFormats } from "../../shared/codec/header.ts";
import type { SealedBody } from "../../shared/codec/sealed-body.ts";
import { createTable, type Table } from "../../shared/codec/table.ts";
import type { FrameHead } from "../../shared/definition.ts";
import type { Entry, Value } from "../../shared/event.ts";
import type { Boot } from "../../shared/frame.ts";
import { windowFrames } from "../../shared/limits.ts";
import { type HeldDefinitions, heldDefinitions } from "./held-definitions.ts";
import { createRandom, type Random } from "./random.ts";
import { createRandomLog } from "./random-event.ts";

/** What happened in one run; `faults` says where the codec broke its promise. */
export interface Outcome {
  faults: string[];
  /** Frames that the agent could read, and did. */
  read: number;
  /** Frames that need what the agent does not hold. */
  unready: number;
  /** Frames of seqs that the agent's former store had: it may not be able to read them. */
  outdated: number;
  /** Of these the unreadable ones. */
  lost: number;
  /** Definitions that took the place of another. */
  replaced: number;
  forgets: number;
}

interface HeldFrame {
  first: number;
  entries: Entry[];
  body: SealedBody;
  sends: number;
}

/** A frame on its way, with what it has to mean. */
interface Message {
  bytes: Uint8Array;
  boot: Boot;
  first: number;
  count: number;
  /** Null for a tombstone. */
  entries: Entry[] | null;
}

/** An ack on its way. */
interface Reply {
  boot: Boot;
  next: number;
  definitions: number;
}

interface Device {
  boot: Boot;
  /** Seqs so far. */
  seqs(): number;
  /** The last ack covers all definitions. */
  isSettled(): boolean;
  log(): void;
  seal(): void;
  giveWay(): void;
  /** Frames that wait, oldest first. */
  frames: HeldFrame[];
  message(frame: HeldFrame): Message;
  take(reply: Reply): void;
}

const isSame = (left: Value, right: Value): boolean => {
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return left.length === right.length && left.every((byte, index) => byte === right[index]);
  }
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") {
    return Object.is(left, right);
  }
  return "json" in left && "json" in right && left.json === right.json;
};

const isSameEntry = (left: Entry | undefined, right: Entry | undefined): boolean => {
  if (left?.kind !== "event" || right?.kind !== "event") {
    return JSON.stringify(left) === JSON.stringify(right);
  }
  return (
    left.uptimeMs === right.uptimeMs &&
    left.site.level === right.site.level &&
    left.site.tag === right.site.tag &&
    left.site.format === right.site.format &&
    left.site.isMetric === right.site.isMetric &&
    left.values.length === right.values.length &&
    left.values.every((value, index) => isSame(value, right.values[index] as Value))
  );
};

const isSameList = (left: Entry[], right: Entry[]): boolean =>
  left.length === right.length && left.every((entry, index) => isSameEntry(entry, right[index]));

/** A device reduced to what the codec asks of it. */
const createDevice = (random: Random, boot: Boot): Device => {
  const places = { sites: 1 + random.below(6), texts: random.below(4) };
  const table: Table = createTable(places, random.once(3) ? "0123456789abcdef" : undefined);
  const writer: BodyWriter = createBodyWriter(table);
  const log = createRandomLog(random);
  const limitBytes = 60 + random.below(400);
  const frames: HeldFrame[] = [];
  let open: Entry[] = [];
  let first = 0;
  let uptimeMs = 0;

  const seal = (): void => {
    if (open.length === 0) return;
    frames.push({ first, entries: open, body: writer.seal(), sends: 0 });
    first += open.length;
    open = [];
  };
  const add = (entry: Entry): void => {
    if (addEntry(writer, entry, limitBytes)) open.push(entry);
    else {
      seal();
      if (addEntry(writer, entry, 60_000)) open.push(entry);
    }
  };
  return {
    boot,
    frames,
    seal,
    seqs: () => first + open.length,
    isSettled: () => table.held() === table.assigned(),
    log() {
      uptimeMs += random.once(2) ? random.below(60) : random.below(10 ** (1 + random.below(9)));
      const drop = { level: "info", reason: "busy", count: 1 + random.below(500) } as const;
      add(random.once(20) ? { kind: "drop", uptimeMs, drop } : log.event(uptimeMs));
    },
    giveWay() {
      const frame = frames[random.below(frames.length)];
      if (frame) frame.body = sealTombstone(frame.entries.length, [], 0);
    },
    message(frame) {
      const base = frames[0]?.first ?? frame.first;
      const count = frame.entries.length;
      const header = { boot, base, first: frame.first, count, sendUptimeMs: uptimeMs };
      const bytes = encodeSealed({ ...header, ackId: 0, ackUptimeMs: uptimeMs }, frame.body, table);
      frame.sends++;
      const isTombstone = frame.body.format === bodyFormats.tombstone;
      return {
        bytes,
        boot,
        first: frame.first,
        count,
        entries: isTombstone ? null : frame.entries,
      };
    },
    take(reply) {
      if (reply.boot !== boot) return;
      table.acked(reply.definitions);
      for (let frame = frames[0]; frame; frame = frames[0]) {
        const end = frame.first + frame.entries.length;
        if (frame.sends === 0 || end > reply.next) break;
        table.settle(end);
        frames.shift();
      }
    },
  };
};

/** What an agent's store has of one boot. */
interface Stored {
  cursor: number;
  /** The highest base that was seen: what is below is not held by the device. */
  base: number;
  definitions: HeldDefinitions;
  /** Heads that it took, to make the same store again. */
  heads: (FrameHead | null)[];
}

const storedAgain = ({ cursor, base, heads }: Stored): Stored => {
  const definitions = heldDefinitions();
  for (const head of heads) definitions.take(head);
  return { cursor, base, definitions, heads: heads.slice() };
};

/**
 * Boots of a device before a network that loses, doubles and reorders, and an agent that loses its
 * store or goes back to an older one. In the end losses stop, and everything the device holds has to
 * get through.
 */
export const runLossyBoots = (seed: number): Outcome => {
  const random = createRandom(seed);
  const outcome: Outcome = {
    faults: [],
    read: 0,
    unready: 0,
    outdated: 0,
    lost: 0,
    replaced: 0,
    forgets: 0,
  };
  const lossOnce = 2 + random.below(8);
  const forgetOnce = 20 + random.below(200);
  let store = new Map<Boot, Stored>();
  let backup = new Map<Boot, Stored>();
  let nonce = 1;
  let device = createDevice(random, { nonce, number: 0 });
  const up: Message[] = [];
  const down: Reply[] = [];

  const storedOf = (boot: Boot): Stored => {
    const known = store.get(boot);
    if (known) return known;
    const stored = { cursor: 0, base: 0, definitions: heldDefinitions(), heads: [] };
    store.set(boot, stored);
    return stored;
  };
  const again = (from: Map<Boot, Stored>): Map<Boot, Stored> =>
    new Map([...from].map(([boot, stored]) => [boot, storedAgain(stored)]));
  const check = (message: Message, stored: Stored, isReady: boolean): boolean => {
    const decoded = decodeFrame(message.bytes, stored.definitions.lookup);
    const { entries, first, count } = message;
    const at = `frame ${first} of boot ${message.boot.nonce}`;
    if (decoded.ok) {
      const body = decoded.frame.body;
      if ((body.kind === "entries") !== (entries !== null)) outcome.faults.push(`${at} is another`);
      if (body.kind === "entries" && entries !== null && !isSameList(body.entries, entries)) {
        outcome.faults.push(`${at} says what was not logged`);
      }
      return true;
    }
    const isOutdated = first + count <= stored.base;
    if (isReady && !isOutdated) outcome.faults.push(`${at} cannot be read: ${decoded.reason}`);
    if (isReady && isOutdated) outcome.lost++;
    return false;
  };
  const receive = (message: Message): void => {
    const stored = storedOf(message.boot);
    const begun = decodeHead(message.bytes);
    if (!begun.ok) {
      outcome.faults.push(`frame ${message.first} has no head: ${begun.reason}`);
      return;
    }
    const { header, head } = begun;
    for (const { replaces } of head?.definitions ?? []) if (replaces >= 0) outcome.replaced++;
    const isReady = stored.definitions.take(head);
    stored.heads.push(head);
    if (message.first + message.count <= stored.base) outcome.outdated++;
    stored.base = Math.max(stored.base, header.base);
    if (!isReady) outcome.unready++;
    const isRead = check(message, stored, isReady);
    if (isReady && isRead) {
      outcome.read++;
      const end = header.first + header.count;
      if (header.base === header.first) stored.cursor = Math.max(stored.cursor, header.base);
      if (header.first <= stored.cursor) stored.cursor = Math.max(stored.cursor, end);
    }
    const definitions = stored.definitions.count();
    down.push({ boot: message.boot, next: stored.cursor, definitions });
  };
  /** Takes any of a queue: lost, doubled or late, as it comes. */
  const arrive = <Type>(queue: Type[], take: (message: Type) => void): void => {
    const index = random.once(2) ? 0 : random.below(queue.length);
    const message = queue[index];
    if (message === undefined) return;
    if (!random.once(9)) queue.splice(index, 1);
    if (!random.once(lossOnce)) take(message);
  };
  const step = (): void => {
    const kind = random.below(12);
    if (kind < 4) device.log();
    else if (kind === 4) device.seal();
    else if (kind < 7) {
      const frame = device.frames[random.below(Math.min(windowFrames, device.frames.length))];
      if (frame) up.push(device.message(frame));
    } else if (kind < 9) arrive(up, receive);
    else if (kind < 11) arrive(down, device.take);
    else if (random.once(20)) device.giveWay();
    else if (random.once(30)) backup = again(store);
    else if (random.once(forgetOnce)) {
      store = again(random.once(2) ? backup : new Map());
      outcome.forgets++;
    } else if (random.once(60)) device = createDevice(random, { nonce: ++nonce, number: 0 });
  };
  const deliverAll = (): void => {
    device.seal();
    for (let round = 0; round < 3 * device.seqs() + 30 && device.frames.length > 0; round++) {
      for (const message of up.splice(0)) receive(message);
      for (const reply of down.splice(0)) device.take(reply);
      for (const frame of device.frames.slice(0, windowFrames)) up.push(device.message(frame));
    }
    const left = device.frames[0];
    if (left) outcome.faults.push(`frame ${left.first} never gets through`);
    else if (storedOf(device.boot).cursor !== device.seqs() && device.seqs() > 0) {
      outcome.faults.push("the agent's cursor is not at the end");
    }
  };
  /** Definitions of which no held frame reminds must get through as well. */
  const settleAll = (): void => {
    deliverAll();
    for (let round = 0; round < 20 && !device.isSettled(); round++) {
      device.log();
      deliverAll();
    }
    if (!device.isSettled()) outcome.faults.push("definitions never settle");
  };
  for (let left = 40 + random.below(400); left > 0; left--) step();
  settleAll();
  return outcome;
};
