import type { EarlierBoot, Journal } from "../../device/journal/journal.ts";
import type { StoredBody } from "../../shared/codec/sealed-body.ts";
import type { Boot } from "../../shared/frame.ts";

/** What outlives a power cut. */
export interface FakeFlash {
  nonce: number;
  starts: number;
  boots: FlashBoot[];
  lastPlace: number;
  /** Bytes of bodies that it takes in all. */
  limitBytes: number;
  /** Frames whose records are damaged: by place. */
  damaged: Set<number>;
  writtenBytes: number;
  /** No seq is reserved from now on. */
  isReadOnly: boolean;
}

interface FlashFrame {
  place: number;
  first: number;
  count: number;
  events: number;
  uptimeMs: number;
  body: StoredBody;
}

interface FlashBoot {
  boot: Boot;
  reserved: number;
  durationMs: number;
  frames: FlashFrame[];
}

export const fakeFlash = (options: { limitBytes?: number; nonce?: number } = {}): FakeFlash => ({
  nonce: options.nonce ?? 0xf1a5,
  starts: 0,
  boots: [],
  lastPlace: 0,
  limitBytes: options.limitBytes ?? 65_536,
  damaged: new Set(),
  writtenBytes: 0,
  isReadOnly: false,
});

/** Seqs that a boot without a record has reserved, and how many are reserved at a time. */
const blockSeqs = 64;

/** Frames of an earlier boot that are listed at a time. */
const listedFrames = 3;

const heldBytes = (flash: FakeFlash): number =>
  flash.boots.flatMap(({ frames }) => frames).reduce((sum, { body }) => sum + body.bytes.length, 0);

/** A start of the device on that flash; `uptimeMs` is its clock. */
export const fakeJournal = (flash: FakeFlash, uptimeMs: () => number): Journal => {
  const boot = { nonce: flash.nonce, number: ++flash.starts };
  const own: FlashBoot = { boot, reserved: blockSeqs, durationMs: 0, frames: [] };
  const refused = { flash_full: 0, flash_budget: 0, low_battery: 0 };
  flash.boots.push(own);

  const ofBoot = ({ nonce, number }: Boot): FlashBoot | undefined =>
    flash.boots.find((held) => held.boot.nonce === nonce && held.boot.number === number);
  return {
    boot,
    heldFrom: () => flash.boots[0]?.boot.number ?? boot.number,
    earlier(): EarlierBoot | null {
      const [oldest, ...later] = flash.boots;
      if (oldest === undefined || oldest === own) return null;
      const between = later.filter((held) => held !== own);
      return {
        boot: oldest.boot,
        reserved: oldest.reserved,
        durationMs: oldest.durationMs,
        betweenMs: between.reduce((sum, { durationMs }) => sum + durationMs, 0),
        frames: oldest.frames.slice(0, listedFrames).map(({ body, ...frame }) => frame),
        hasMore: oldest.frames.length > listedFrames,
      };
    },
    reserve(next) {
      if (next <= own.reserved) return true;
      if (flash.isReadOnly) return false;
      own.reserved += blockSeqs;
      own.durationMs = uptimeMs();
      return next <= own.reserved || this.reserve(next);
    },
    store(frame, table) {
      const bytes = frame.body.bytes.slice();
      if (flash.isReadOnly || heldBytes(flash) + bytes.length > flash.limitBytes) {
        refused.flash_full++;
        return -1;
      }
      const places = [...frame.body.used].map((place) => place.charCodeAt(0));
      const names = places
        .map((place) => [table.numbers[place] as number, table.meanings[place] as string] as const)
        .sort(([left], [right]) => left - right);
      const { first, events, uptimeMs: startMs } = frame;
      const count = frame.body.count;
      const body: StoredBody = {
        format: frame.body.format,
        bytes,
        numbers: names.map(([number]) => number),
        meanings: names.map(([, meaning]) => meaning),
      };
      const place = ++flash.lastPlace;
      own.frames.push({ place, first, count, events, uptimeMs: startMs, body });
      own.frames.sort((left, right) => left.first - right.first);
      own.reserved = Math.max(own.reserved, first + count);
      own.durationMs = uptimeMs();
      flash.writtenBytes += bytes.length;
      return place;
    },
    read(place) {
      const frames = flash.boots.flatMap((held) => held.frames);
      const found = frames.find((frame) => frame.place === place);
      return found === undefined || flash.damaged.has(place) ? null : found.body;
    },
    free(freed, next) {
      const held = ofBoot(freed);
      if (held === undefined) return;
      held.frames = held.frames.filter(({ first, count }) => first + count > next);
      if (next === Infinity) flash.boots = flash.boots.filter((other) => other !== held);
    },
    rest() {},
    compact() {},
    stats: () => ({ writtenBytes: flash.writtenBytes, erases: 0, refused }),
  };
};
