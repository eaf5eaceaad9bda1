import { decodeHead } from "../../shared/codec/decode.ts";
import type { Definition, FrameHead, Lookup } from "../../shared/definition.ts";
import type { Ack } from "../../shared/downlink.ts";
import { bootOf, headerOf } from "./any-receipt.ts";
import {
  definitionOf,
  headedPayload,
  headWith,
  meaningOf,
  tombstonePayload,
} from "./headed-frame.ts";

/** A device whose frames of one seq each name definitions, as the protocol has it. */
export interface DefiningDevice {
  /**
   * Seals a frame that uses `places`, of which `renewed` get a new meaning first. Gives its seq.
   */
  log(places: number[], renewed: number[]): void;
  /** The oldest frames of those held, at most a window of them, as they are sent now. */
  window(): Uint8Array[];
  /** The oldest frame becomes a tombstone. */
  giveWay(): void;
  hear(ack: Ack): void;
  held(): number;
  /** Why a stored frame cannot be read, with these definitions; null where it can. */
  faultOf(seq: number, bytes: Uint8Array, lookup: Lookup): string | null;
}

interface HeldFrame {
  seq: number;
  used: number[];
  isTombstone: boolean;
}

const windowFrames = 4;

export const definingDevice = (): DefiningDevice => {
  const boot = bootOf(1);
  const numbers = new Map<number, number>();
  const defined: Definition[] = [];
  const usedBy: number[][] = [];
  let frames: HeldFrame[] = [];
  let count = 0;

  const renew = (place: number): void => {
    const number = defined.length;
    defined.push(definitionOf(number, numbers.get(place) ?? -1));
    numbers.set(place, number);
  };
  const headOf = ({ used }: HeldFrame): FrameHead => {
    const isOpen = (number: number): boolean => number >= count;
    const needed = new Set(frames.flatMap((frame) => (frame.isTombstone ? [] : frame.used)));
    const alive = [...new Set([...needed, ...numbers.values()])].filter(isOpen);
    const missing = alive.filter((number) => !used.includes(number));
    const definitions = used.filter(isOpen).map((number) => defined[number] as Definition);
    const settled = Math.max(count, Math.min(defined.length, ...missing));
    return headWith(count, settled, definitions);
  };
  return {
    log(places, renewed) {
      for (const place of places) {
        if (renewed.includes(place) || !numbers.has(place)) renew(place);
      }
      const used = [...new Set(places.map((place) => numbers.get(place) as number))];
      used.sort((left, right) => left - right);
      frames.push({ seq: usedBy.length, used, isTombstone: false });
      usedBy.push(used);
    },
    window() {
      const base = frames[0]?.seq ?? 0;
      return frames.slice(0, windowFrames).map((frame) => {
        const header = headerOf(boot, frame.seq, 1, base);
        return frame.isTombstone ? tombstonePayload(header) : headedPayload(header, headOf(frame));
      });
    },
    giveWay() {
      const [oldest] = frames;
      if (oldest !== undefined) oldest.isTombstone = true;
    },
    hear(ack) {
      count = ack.definitions;
      frames = frames.filter(({ seq }) => seq >= ack.next);
    },
    held: () => frames.length,
    faultOf(seq, bytes, lookup) {
      const decoded = decodeHead(bytes);
      if (!decoded.ok) return decoded.reason;
      if (decoded.head === null) return null;
      const own = new Map(decoded.head.definitions.map(({ number, meaning }) => [number, meaning]));
      const wrong = usedBy[seq]?.find((number) => {
        const meaning = own.get(number) ?? lookup(number);
        return JSON.stringify(meaning) !== JSON.stringify(meaningOf(number));
      });
      return wrong === undefined ? null : `seq ${seq} uses ${wrong}, which is not known`;
    },
  };
};
