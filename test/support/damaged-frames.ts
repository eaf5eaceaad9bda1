import { decodeFrame, decodeHead, type FrameFault } from "../../shared/codec/decode.ts";
import type { Lookup, Meaning } from "../../shared/definition.ts";
import { frameLimitBytes } from "../../shared/limits.ts";
import type { Random } from "./random.ts";

/** Bytes on which formats turn: leads, codes, ends of varints. */
const telling = [0, 1, 0x3e, 0x3f, 0x40, 0x7f, 0x80, 0x86, 0x93, 0x95, 0x96, 0xae, 0xc0, 0xff];

/** Varints that claim more than there is. */
const lengths = [
  [0xff, 0x03],
  [0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
];

const joined = (...parts: (Uint8Array | readonly number[])[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.length > frameLimitBytes ? bytes.subarray(0, frameLimitBytes) : bytes;
};

const changed = (frame: Uint8Array, random: Random, byte: (old: number) => number): Uint8Array => {
  const bytes = new Uint8Array(frame);
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(bytes.length);
    bytes[at] = byte(bytes[at] as number);
  }
  return bytes;
};

/** One of the frames, or what radio, flash and enemies make of it. */
export const anyDamaged = (frames: readonly Uint8Array[], random: Random): Uint8Array => {
  const frame = random.pick(frames);
  const from = random.below(frame.length);
  const to = from + random.below(Math.min(32, frame.length - from) + 1);
  const randomByte = (): number => random.below(256);
  switch (random.below(8)) {
    case 0:
      return changed(frame, random, (old) => old ^ (1 << random.below(8)));
    case 1:
      return changed(frame, random, () => random.pick(telling));
    case 2:
      return frame.subarray(0, from);
    case 3: {
      const other = random.pick(frames);
      return joined(frame.subarray(0, from), other.subarray(random.below(other.length)));
    }
    case 4:
      return joined(frame.subarray(0, from), random.pick(lengths), frame.subarray(to));
    case 5: {
      const times = random.once(50) ? 65_536 / (to - from + 1) : random.below(40);
      const part = new Array<Uint8Array>(Math.floor(times)).fill(frame.subarray(from, to));
      return joined(frame.subarray(0, to), ...part, frame.subarray(to));
    }
    case 6:
      return joined(frame.subarray(0, from), Array.from({ length: random.below(60) }, randomByte));
    default:
      return random.once(4) ? frame : changed(frame, random, randomByte);
  }
};

/** An agent that holds definitions of all kinds: sites with up to 9 values, and texts. */
export const anyHeld: Lookup = (number): Meaning | undefined => {
  if (number > 300) return undefined;
  if (number % 5 === 4) return { kind: "text", text: `text ${number}` };
  const site = { level: "info", tag: "tag", format: `site ${number} %d` } as const;
  return { kind: "site", site, valueCount: number % 10 };
};

export interface Tally {
  frames: number;
  ok: number;
  faults: { [Kind in FrameFault["fault"]]: number };
  thrown: number;
  /** Faults at a byte that the payload does not have. */
  misplaced: number;
}

export const createTally = (): Tally => ({
  frames: 0,
  ok: 0,
  faults: { header: 0, format: 0, body: 0 },
  thrown: 0,
  misplaced: 0,
});

/** Decodes bytes of any kind, and counts what came of it. */
export const tryDecode = (bytes: Uint8Array, tally: Tally): void => {
  tally.frames++;
  try {
    decodeHead(bytes);
    const decoded = decodeFrame(bytes, anyHeld);
    if (decoded.ok) tally.ok++;
    else {
      tally.faults[decoded.fault]++;
      if (!(decoded.offset >= 0 && decoded.offset <= bytes.length)) tally.misplaced++;
    }
  } catch {
    tally.thrown++;
  }
};
