import { openFrame } from "../../agent/delivery/batch/pending.ts";
import type { Spool } from "../../agent/spool/spool.ts";
import { allParts } from "../../device/all-parts.ts";
import { createLoggerOn, type Logger } from "../../device/logger.ts";
import { encodeAck } from "../../shared/codec/downlink.ts";
import { bootText } from "../../shared/frame.ts";
import { defaultPrefix, topicOf } from "../../shared/index.ts";
import { anyReading } from "./any-reading.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { type FakeLink, fakeLink } from "./fake-link.ts";
import type { FakeDisk } from "./fake-store.ts";
import { startReceive } from "./started-receive.ts";

const device = "pump";
const up: string = topicOf(defaultPrefix, device, "up");
const down: string = topicOf(defaultPrefix, device, "down");

type Rig = Awaited<ReturnType<typeof startReceive>>;

/** What is stored of a device's events, which have their numbers as values. */
export interface StoredEvents {
  /** In the order of their storing. */
  numbers: number[];
  /** Events that the device counted as dropped. */
  dropped: number;
  /** Seqs that another store may have. */
  lost: number;
}

/** A real device without flash, real stages of an agent, and what is on its way between them. */
export interface DeviceAndAgent {
  log: Logger;
  link: FakeLink;
  rig: Rig;
  /** Passes time on both sides. */
  advance(ms: number): void;
  /** The device loses its RAM; the same nonce names the same boot once more. */
  restartDevice(nonce: number): void;
  /** Frames that are on their way, oldest first; whoever takes them decides what arrives. */
  takeFrames(): Uint8Array[];
  /** The same of acks. */
  takeAcks(): Uint8Array[];
  hear(ack: Uint8Array): void;
  /** Hands on everything until both sides are quiet. */
  exchange(): Promise<void>;
  /** Another agent takes over, with this disk. */
  replaceAgent(disk: FakeDisk): Promise<void>;
  stored(): Promise<StoredEvents>;
}

const storedIn = async (spool: Spool): Promise<StoredEvents> => {
  const found: StoredEvents = { numbers: [], dropped: 0, lost: 0 };
  for (const frame of await spool.read(`g:${device}`, Number.MAX_SAFE_INTEGER)) {
    const reading = { ...anyReading(), lookup: spool.lookup(device, frame.boot) };
    const entries = openFrame(frame, bootText(frame.boot), reading);
    found.lost += frame.lost;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries.entry(index, { epochMs: 0, errorMs: 0, quality: "synced" });
      if (entry.unreadable !== null) throw new Error(`Cannot read a frame: ${entry.unreadable}`);
      if (entry.event?.site.tag === "") found.numbers.push(entry.event.values[0] as number);
      for (const { notice } of entry.told) {
        const { count = 0, event, reason } = notice;
        if (event === "dropped" && reason !== "agent_state_lost") found.dropped += count;
      }
    }
  }
  return found;
};

export const startDeviceAndAgent = async (outboxBytes: number): Promise<DeviceAndAgent> => {
  let clock: FakeClock;
  let taken = 0;
  let heard = 0;
  const world = {
    rig: await startReceive(),
    advance(ms) {
      world.rig.time.advance(ms);
      clock.advance(ms);
    },
    restartDevice(nonce) {
      taken = 0;
      clock = fakeClock({ nonce });
      world.link = fakeLink();
      const places = { sites: 8, texts: 4 };
      const host = { platform: clock, link: world.link, places, parts: allParts };
      world.log = createLoggerOn(
        { ...host, defaultBytes: outboxBytes },
        { device, level: "debug", flushAfterMs: 1_000 },
      );
      world.link.connect();
    },
    takeFrames() {
      const frames = world.link.sent.slice(taken).filter(({ topic }) => topic === up);
      taken = world.link.sent.length;
      return frames.map(({ payload }) => payload);
    },
    takeAcks() {
      const acks = world.rig.acks.slice(heard);
      heard = world.rig.acks.length;
      return acks.map((ack) => encodeAck(ack));
    },
    hear: (ack) => world.link.deliver(down, ack),
    async exchange() {
      for (let round = 0; round < 200; round++) {
        const frames = world.takeFrames();
        for (const frame of frames) await world.rig.take(frame, device);
        const acks = world.takeAcks();
        acks.forEach(world.hear);
        if (frames.length + acks.length === 0) return;
      }
      throw new Error("Device and agent never come to rest");
    },
    async replaceAgent(disk) {
      heard = 0;
      world.rig = await startReceive({}, 100, new Map(disk), world.rig.time);
    },
    stored: () => storedIn(world.rig.spool),
  } as DeviceAndAgent;
  world.restartDevice(1);
  return world;
};
