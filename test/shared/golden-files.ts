import { readdirSync, readFileSync } from "node:fs";
import type { Definition, FrameHead } from "../../shared/definition.ts";
import type { Ack } from "../../shared/downlink.ts";
import type { Entry, Value } from "../../shared/event.ts";
import type { Frame, FrameHeader } from "../../shared/frame.ts";

/** What a device did before it sealed the frame of a file; an ack's `next` frees all below. */
export type Step =
  | { entries: Entry[] }
  /** So many frames of one event at uptime 0, `once 0`, `once 1`, ..., each acked at once. */
  | { oneOffs: number }
  | { next: number; definitions: number };

/** The device that a frame comes from, where it is not the first of a boot without limits. */
export interface Device {
  /** Places for definitions. */
  sites: number;
  texts: number;
  /** Hash of its build-time dictionary. */
  dictionary?: string;
  before: Step[];
}

/** A frame with what it takes to read it and to write it. */
export interface GoldenFrame {
  frame: Frame;
  /** Null of a tombstone. */
  head: FrameHead | null;
  /** Definitions the agent holds. */
  held: Definition[];
  device?: Device;
}

/** One file of `test/golden`: bytes, and either what they mean or why they are refused. */
export interface Golden {
  name: string;
  about: string;
  hex: string;
  /** The meaning as the file has it. */
  meaning: unknown;
  framed?: GoldenFrame;
  ack?: Ack;
  fault?: { fault: string; offset: number; header: FrameHeader | null };
}

const folder = new URL("../golden/", import.meta.url);

/** JSON has no -0, no infinities, no NaN and no bytes: the files name them. */
const reviveValue = (value: Value | { number: string } | { bytes: string }): Value => {
  if (value === null || typeof value !== "object") return value;
  if ("number" in value) return Number(value.number);
  if ("bytes" in value) return new Uint8Array(Buffer.from(value.bytes, "hex"));
  return value;
};

const reviveEntries = (entries: Entry[]): Entry[] =>
  entries.map((entry) =>
    entry.kind === "event" ? { ...entry, values: entry.values.map(reviveValue) } : entry,
  );

const reviveFrame = ({ body, header }: Frame): Frame =>
  body.kind === "tombstone"
    ? { header, body }
    : { header, body: { kind: "entries", entries: reviveEntries(body.entries) } };

const reviveDevice = (device: Device): Device => ({
  ...device,
  before: device.before.map((step) =>
    "entries" in step ? { entries: reviveEntries(step.entries) } : step,
  ),
});

/** The file as it is: of these parts some. */
interface Parts extends Partial<GoldenFrame>, Pick<Golden, "about" | "hex" | "ack" | "fault"> {}

const framedOf = ({ frame, head, held, device }: Parts): GoldenFrame | undefined =>
  frame && {
    frame: reviveFrame(frame),
    head: head ?? null,
    held: held ?? [],
    ...(device && { device: reviveDevice(device) }),
  };

const readGolden = (file: string): Golden => {
  const parts = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Parts;
  const { about, hex, frame, head, ack, fault } = parts;
  const framed = framedOf(parts);
  return {
    name: file.replace(/\.json$/, ""),
    about,
    hex,
    meaning: frame ? { head, frame } : (ack ?? fault),
    ...(framed && { framed }),
    ...(ack && { ack }),
    ...(fault && { fault }),
  };
};

export const goldens: Golden[] = readdirSync(folder).sort().map(readGolden);

export const bytesOf = (golden: Golden): Uint8Array =>
  new Uint8Array(Buffer.from(golden.hex, "hex"));
