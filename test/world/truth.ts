import { decodeFrame, decodeHead } from "../../shared/codec/decode.ts";
import { decodeAck } from "../../shared/codec/downlink.ts";
import type { Entry } from "../../shared/event.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import { type HeldDefinitions, heldDefinitions } from "../support/held-definitions.ts";

/** A log call, and what the module said at once of its event. */
export interface Logged {
  /** Names the event in all of the world, and in its text. */
  id: number;
  level: string;
  tag: string;
  /** As it is rendered. */
  text: string;
  /** True time of the call. */
  trueMs: number;
  /** Why it got no seq; null where it did. */
  refused: string | null;
  /** Once a frame has shown it. */
  seq: number | null;
}

/** A payload that was sent, and the seqs it stands for. */
export interface Sent {
  payload: Uint8Array;
  first: number;
  end: number;
  /** When it came to an agent, as places among all that came, in their order. */
  arrivals: number[];
}

/** What an agent has acked of a boot. */
export interface Acked {
  atMs: number;
  next: number;
  /** False where it is beyond all that was sent by then: it is a namesake's. */
  isOwn: boolean;
  /** The place of what had come to an agent last. */
  arrival: number;
}

/** One start of a device, as it really was. */
export interface BootTruth {
  device: string;
  boot: Boot;
  /** Names the boot among all of its device, as the agent does. */
  name: string;
  /** Its flash counts it, and was not erased since: a later boot can tell of it. */
  isRemembered: boolean;
  /** Its log was closed, and the agent had everything. */
  isClosed: boolean;
  /** What agents have acked of it: rises within a store. */
  acked: Acked[];
  logged: Logged[];
  /** What the module counted as dropped, by reason. */
  dropped: { [reason: string]: number };
  /** Seqs that the module said flash could not reserve. */
  unreserved: number;
  /** Events of the logger's own. */
  own: number;
  /** Seqs for which a tombstone was sent. */
  tombstones: { first: number; end: number }[];
  /** Payloads that were sent, and the seqs they stand for. */
  sent: Sent[];
  definitions: HeldDefinitions;
}

/** What only the world knows: every boot, and every event that was logged. */
export interface Truth {
  boots: BootTruth[];
  /** How often a device's flash was put back from a copy: it tells of boots as they were then. */
  restored: Map<string, number>;
  begin(device: string, boot: Boot, isRemembered: boolean): BootTruth;
  /** A device sends a frame: it shows which events have which seqs. */
  observe(device: string, payload: Uint8Array): void;
  /** A frame comes to an agent. */
  observeArrival(payload: Uint8Array): void;
  /** An agent acks. */
  observeAck(device: string, payload: Uint8Array, atMs: number): void;
  /** What the device's flash held of boots from this place on is gone. */
  forget(device: string, from?: number): void;
  nextId(): number;
  /** Something is logged. */
  enter(
    boot: BootTruth,
    line: Pick<Logged, "id" | "level" | "tag" | "text">,
    trueMs: number,
  ): Logged;
}

const marker = /^#(\d+)/;

/** The id that an entry's event has in its text; null for one that the program did not log. */
const idOf = (entry: Entry): number | null => {
  if (entry.kind !== "event") return null;
  const [value] = entry.values;
  if (entry.site.isMetric) return value as number;
  if (entry.site.format.startsWith("#%d")) return value as number;
  const found = marker.exec(entry.site.format);
  return found === null ? null : Number(found[1]);
};

export const createTruth = (): Truth => {
  const boots: BootTruth[] = [];
  const byName = new Map<string, BootTruth>();
  const byId = new Map<number, Logged>();
  const byPayload = new Map<Uint8Array, Sent>();
  let arrivals = 0;
  let lastId = 0;
  return {
    boots,
    restored: new Map(),
    observeArrival(payload) {
      byPayload.get(payload)?.arrivals.push(++arrivals);
    },
    observeAck(device, payload, atMs) {
      const decoded = decodeAck(payload);
      if (!decoded.ok) return;
      const { boot, next } = decoded.ack;
      const truth = byName.get(`${device}/${bootText(boot)}`);
      if (next === 0 || truth === undefined) return;
      const isOwn = truth.sent.some(({ end }) => next <= end);
      truth.acked.push({ atMs, next, isOwn, arrival: arrivals });
    },
    forget(device, from = 0) {
      for (const boot of boots.slice(from)) if (boot.device === device) boot.isRemembered = false;
    },
    nextId: () => ++lastId,
    enter(boot, { id, level, tag, text }, trueMs) {
      const logged: Logged = { id, level, tag, text, trueMs, refused: null, seq: null };
      boot.logged.push(logged);
      byId.set(logged.id, logged);
      return logged;
    },
    begin(device, boot, isRemembered) {
      const name = bootText(boot);
      const truth: BootTruth = {
        ...{
          device,
          boot,
          name,
          isRemembered,
          isClosed: false,
          logged: [],
          dropped: {},
          unreserved: 0,
          own: 0,
          tombstones: [],
        },
        sent: [],
        acked: [],
        definitions: heldDefinitions(),
      };
      boots.push(truth);
      byName.set(`${device}/${name}`, truth);
      return truth;
    },
    observe(device, payload) {
      const begun = decodeHead(payload);
      if (!begun.ok) return;
      const { boot, first, count } = begun.header;
      const truth = byName.get(`${device}/${bootText(boot)}`);
      if (truth === undefined) return;
      const sent: Sent = { payload, first, end: first + count, arrivals: [] };
      truth.sent.push(sent);
      byPayload.set(payload, sent);
      truth.definitions.take(begun.head);
      const decoded = decodeFrame(payload, truth.definitions.lookup);
      if (!decoded.ok) return;
      const { body } = decoded.frame;
      if (body.kind === "tombstone") {
        truth.tombstones.push({ first, end: first + count });
        return;
      }
      for (const [index, entry] of body.entries.entries()) {
        const logged = byId.get(idOf(entry) ?? 0);
        if (logged !== undefined) logged.seq = first + index;
      }
    },
  };
};
