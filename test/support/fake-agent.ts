import { decodeHead } from "../../shared/codec/decode.ts";
import {
  type Boot,
  bootText,
  type Command,
  type DropCount,
  decodeFrame,
  type Entry,
  encodeAck,
} from "../../shared/index.ts";
import { heldDefinitions } from "./held-definitions.ts";

/** The agent's side of the protocol at its simplest: one device, everything stored at once. */
export interface FakeAgent {
  /** Takes a frame's bytes and answers with the ack's. */
  receive(payload: Uint8Array, busyMs?: number): Uint8Array;
  /** First seq it has not stored. */
  cursor(): number;
  /** Entries stored, by seq. */
  entries: Map<number, Entry>;
  /** Drops that tombstones declared. */
  drops: DropCount[];
  /** Seqs that tombstones stand for. */
  buried: Set<number>;
  /** Seqs it never saw and the device no longer had. */
  stateLost: number;
  /** What its acks bring besides. */
  command: Command | null;
  /** Loses all it has stored, as another store would begin. */
  forget(): void;
}

/** Of what a later boot declares for the power's loss, no more than it had not stored. */
const remaining = (drops: DropCount[], seqs: number): DropCount[] =>
  drops.map((drop) =>
    drop.reason === "power_loss" ? { ...drop, count: Math.min(drop.count, seqs) } : drop,
  );

export const fakeAgent = (): FakeAgent => {
  let cursor = 0;
  let ackId = 0;
  let storeId = 1;
  const definitions = heldDefinitions();
  const ackOf = (boot: Boot, busyMs: number): Uint8Array => {
    ackId++;
    const ack = { storeId, ackId, boot, next: cursor, definitions: definitions.count() };
    const command = agent.command === null ? {} : { command: agent.command };
    return encodeAck({ ...ack, epochMs: 1_800_000_000_000 + ackId, busyMs, ...command });
  };

  const agent: FakeAgent = {
    entries: new Map(),
    command: null,
    drops: [],
    buried: new Set(),
    stateLost: 0,
    cursor: () => cursor,
    forget() {
      cursor = 0;
      definitions.forget();
      storeId++;
    },
    receive(payload, busyMs = 0) {
      const begun = decodeHead(payload);
      const isReadable = begun.ok && definitions.take(begun.head);
      const decoded = decodeFrame(payload, definitions.lookup);
      if (begun.ok && !isReadable) return ackOf(begun.header.boot, busyMs);
      if (!decoded.ok) throw new Error(`Cannot decode a frame of the device: ${decoded.reason}`);
      const { header, body } = decoded.frame;
      if (header.base > header.first) throw new Error("base above first");
      if (header.base > cursor) {
        agent.stateLost += header.base - cursor;
        cursor = header.base;
      }
      if (header.first <= cursor && header.first + header.count > cursor) {
        if (body.kind === "tombstone") {
          agent.drops.push(...remaining(body.drops, header.first + header.count - cursor));
          if (header.first !== cursor && header.endedAgoMs === undefined) {
            throw new Error("the cursor is inside a tombstone");
          }
          for (let seq = cursor; seq < header.first + header.count; seq++) agent.buried.add(seq);
        } else {
          for (let seq = cursor; seq < header.first + header.count; seq++) {
            agent.entries.set(seq, body.entries[seq - header.first] as Entry);
          }
        }
        cursor = header.first + header.count;
      }
      return ackOf(header.boot, busyMs);
    },
  };
  return agent;
};

/** Events among stored entries, by seq. */
export const eventsOf = (agent: FakeAgent): Extract<Entry, { kind: "event" }>[] =>
  [...agent.entries.entries()]
    .sort(([left], [right]) => left - right)
    .flatMap(([, entry]) => (entry.kind === "event" ? [entry] : []));

/** All drops the agent knows of, by reason: from drop entries and from tombstones. */
export const droppedOf = (agent: FakeAgent): { [reason: string]: number } => {
  const dropped: { [reason: string]: number } = {};
  const inEntries = [...agent.entries.values()].flatMap((entry) =>
    entry.kind === "drop" ? [entry.drop] : [],
  );
  for (const drop of [...agent.drops, ...inEntries]) {
    dropped[drop.reason] = (dropped[drop.reason] ?? 0) + drop.count;
  }
  return dropped;
};

/** The boot in a frame, as text. */
export const bootOf = (payload: Uint8Array): string => {
  const begun = decodeHead(payload);
  return begun.ok ? bootText(begun.header.boot) : begun.reason;
};

/** An agent for all boots of a device: its books of each, by the boot's text. */
export interface FakeAgents {
  receive(payload: Uint8Array, busyMs?: number): Uint8Array;
  books: Map<string, FakeAgent>;
  forget(): void;
}

export const fakeAgents = (): FakeAgents => {
  const books = new Map<string, FakeAgent>();
  return {
    books,
    receive(payload, busyMs) {
      const boot = bootOf(payload);
      const agent = books.get(boot) ?? fakeAgent();
      books.set(boot, agent);
      return agent.receive(payload, busyMs);
    },
    forget() {
      for (const agent of books.values()) agent.forget();
    },
  };
};
