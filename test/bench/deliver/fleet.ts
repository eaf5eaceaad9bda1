import { encodeFrame } from "../../../shared/codec/encode.ts";
import type { Level, LogEvent, Value } from "../../../shared/event.ts";

export interface FleetOptions {
  devices: number;
  /** Of each device. */
  events: number;
  /** Of each frame; the last may have fewer. */
  frameEvents: number;
}

/** How the sender of a frame stands when it sends. */
export interface Sending {
  sendUptimeMs: number;
  /** 0 for none. */
  ackId: number;
  ackUptimeMs: number;
}

/** Devices with believable logs, the same in each run. */
export interface Fleet extends FleetOptions {
  totalEvents: number;
  /** Frames of each device. */
  frames: number;
  names: string[];
  /** Uptime of the last event of a frame, the same for all devices. */
  endUptimeMs(frame: number): number;
  /** Bytes of a frame. */
  encode(device: number, frame: number, sending: Sending): Uint8Array;
}

/** In [0, 1). */
export type Random = () => number;

const integer = (random: Random, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

const decimal = (random: Random, least: number, most: number): number =>
  integer(random, least * 10, most * 10) / 10;

/** A place in the program that logs. */
export interface Source {
  level: Level;
  tag: string;
  format: string;
  values(random: Random): Value[];
}

const words = ["inlet", "outlet", "tank", "boiler"] as const;
const word = (random: Random): string => words[integer(random, 0, 3)] ?? "inlet";

export const sources: readonly Source[] = [
  {
    level: "info",
    tag: "climate",
    format: "temp %.1f of %s, humidity %d",
    values: (random) => [decimal(random, -5, 40), word(random), integer(random, 20, 90)],
  },
  {
    level: "debug",
    tag: "wifi",
    format: "rssi %d channel %d",
    values: (random) => [integer(random, -90, -40), integer(random, 1, 13)],
  },
  {
    level: "info",
    tag: "pump",
    format: "speed %d rpm, current %.1f A",
    values: (random) => [integer(random, 900, 3_000), decimal(random, 0, 12)],
  },
  {
    level: "warn",
    tag: "pump",
    format: "pressure %d hPa below %d",
    values: (random) => [integer(random, 700, 899), 900],
  },
  {
    level: "debug",
    tag: "mqtt",
    format: "published %s in %d ms",
    values: (random) => [`plant/${word(random)}/state`, integer(random, 3, 400)],
  },
  {
    level: "info",
    tag: "",
    format: "heap %d of %d",
    values: (random) => [integer(random, 800, 2_900), 2_950],
  },
  {
    level: "error",
    tag: "sensor",
    format: "read of 0x%02x failed: %s",
    values: (random) => [integer(random, 16, 127), '"no ack" on bus 1'],
  },
  { level: "info", tag: "door", format: "closed", values: () => [] },
];

/** Marsaglia's xorshift32. */
export const createRandom = (seed: number): Random => {
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
};

const stepMs = 20;

export const eventFrom = (source: Source, uptimeMs: number, random: Random): LogEvent => {
  const { level, tag, format } = source;
  return { kind: "event", uptimeMs, site: { level, tag, format }, values: source.values(random) };
};

const eventAt = (seq: number, random: Random): LogEvent =>
  eventFrom(sources[integer(random, 0, sources.length - 1)] as Source, seq * stepMs, random);

export const createFleet = (options: FleetOptions): Fleet => {
  const { devices, events, frameEvents } = options;
  return {
    ...options,
    totalEvents: devices * events,
    frames: Math.ceil(events / frameEvents),
    names: Array.from({ length: devices }, (_, device) => `pump-${device}`),
    endUptimeMs: (frame) => (Math.min(events, (frame + 1) * frameEvents) - 1) * stepMs,
    encode(device, frame, sending) {
      const random = createRandom(device * 65_537 + frame + 1);
      const first = frame * frameEvents;
      const count = Math.min(frameEvents, events - first);
      const entries = Array.from({ length: count }, (_, index) => eventAt(first + index, random));
      const boot = { nonce: 0x1000_0000 + device, number: 1 };
      const header = { boot, base: first, first, count, ...sending };
      return encodeFrame({ header, body: { kind: "entries", entries } });
    },
  };
};
