import { readdirSync, readFileSync } from "node:fs";
import type { Ack } from "../../shared/downlink.ts";
import type { Value } from "../../shared/event.ts";
import type { Frame, FrameHeader } from "../../shared/frame.ts";

/** One file of `test/golden`: bytes, and either what they mean or why they are refused. */
export interface Golden {
  name: string;
  about: string;
  hex: string;
  /** The meaning as the file has it. */
  meaning: unknown;
  frame?: Frame;
  ack?: Ack;
  fault?: { fault: string; header: FrameHeader | null };
}

const folder = new URL("../golden/", import.meta.url);

/** JSON has no -0, no infinities, no NaN and no bytes: the files name them. */
const reviveValue = (value: Value | { number: string } | { bytes: string }): Value => {
  if (value === null || typeof value !== "object") return value;
  if ("number" in value) return Number(value.number);
  if ("bytes" in value) return new Uint8Array(Buffer.from(value.bytes, "hex"));
  return value;
};

const reviveFrame = (frame: Frame): Frame => {
  const { body, header } = frame;
  if (body.kind === "tombstone") return frame;
  const entries = body.entries.map((entry) =>
    entry.kind === "event" ? { ...entry, values: entry.values.map(reviveValue) } : entry,
  );
  return { header, body: { kind: "entries", entries } };
};

const readGolden = (file: string): Golden => {
  const { about, hex, frame, ack, fault } = JSON.parse(
    readFileSync(new URL(file, folder), "utf8"),
  ) as Omit<Golden, "name" | "meaning">;
  return {
    name: file.replace(/\.json$/, ""),
    about,
    hex,
    meaning: frame ?? ack ?? fault,
    ...(frame && { frame: reviveFrame(frame) }),
    ...(ack && { ack }),
    ...(fault && { fault }),
  };
};

export const goldens: Golden[] = readdirSync(folder).sort().map(readGolden);

export const bytesOf = (golden: Golden): Uint8Array =>
  new Uint8Array(Buffer.from(golden.hex, "hex"));
