import type { Boot } from "../../shared/frame.ts";
import { createRemembered, textOfBoot } from "../remembered.ts";
import type { BootOfDevice } from "./spool.ts";

/**
 * Keys of the store. Lanes are escaped, so that no name can reach into another's range; positions
 * are fixed-width, so that keys sort as numbers do.
 */
const name = createRemembered(encodeURIComponent);
const zeros = "00000000000000";
const place = (position: number): string => {
  const digits = position.toString(16);
  return zeros.slice(digits.length) + digits;
};

export const metaKey = "m/store";
export const devicesKey = "m/devices";
export const laneKey: (lane: string) => string = createRemembered((lane) => `l/${name(lane)}`);
const framePrefix = "f/";

const framesOf = createRemembered((lane) => `${framePrefix}${name(lane)}/`);
export const frameKey = (lane: string, position: number): string =>
  framesOf(lane) + place(position);

export const isFrameKey = (key: string): boolean => key.startsWith(framePrefix);

/** Keys that frames of one lane may have from the first of the range to before its end. */
export function* frameKeysIn({ gte, lt }: KeyRange): Generator<string> {
  const lane = gte.slice(0, gte.lastIndexOf("/") + 1);
  for (let position = positionOf(gte); position < positionOf(lt); position++) {
    yield `${lane}${place(position)}`;
  }
}

export const bootPrefix = (device: string): string => `b/${device}/`;
export const bootKey = (device: string, boot: Boot): string =>
  `${bootPrefix(device)}${textOfBoot(boot)}`;

/** Whose a `bootKey` is; null for another key. */
export const bootOwnerOf = (key: string): BootOfDevice | null => {
  const [, device = "", number, nonce = ""] = /^b\/(.+)\/(\d+)-([0-9a-f]{8})$/.exec(key) ?? [];
  return device === ""
    ? null
    : { device, boot: { number: Number(number), nonce: Number.parseInt(nonce, 16) } };
};

export const progressPrefix = (lane: string): string => `p/${name(lane)}/`;
export const progressKey = (lane: string, device: string, boot: Boot): string =>
  `${progressPrefix(lane)}${device}/${textOfBoot(boot)}`;
export const intentKey = (lane: string): string => `i/${name(lane)}`;
export const letterKey = (prefix: string, position: number): string =>
  `${prefix}${place(position)}`;

/** A letter's name for people: `e17` for one with events, `m17` for one with unreadable bytes. */
export const letterIdOf = (key: string): string => `${key.charAt(2)}${positionOf(key)}`;

/** The key of the letter with this name; a name of another form gives the key of no letter. */
export const letterKeyOf = (id: string): string => {
  const position = /^[em]\d{1,15}$/.test(id) ? Number(id.slice(1)) : Number.NaN;
  return letterKey(id.startsWith("m") ? "d/malformed/" : "d/events/", position);
};

const definitionPrefix = "n/";

/** A definition's meaning; `owner` is `<device>/<boot>`. */
export const definitionKey = (owner: string, number: number): string =>
  `${definitionPrefix}${owner}/${place(number)}`;

/** The owner in a `definitionKey`; null for another key. */
export const definitionOwnerOf = (key: string): string | null =>
  key.startsWith(definitionPrefix)
    ? key.slice(definitionPrefix.length, key.lastIndexOf("/"))
    : null;

/** Which definitions of a boot are held. */
export const heldKey = (owner: string): string => `h/${owner}`;

/** Says that a record may go once no frame waits below `position` of the lane. */
export const staleKey = (lane: string, position: number, record: string): string =>
  `x/${place(position)}/${name(lane)}/${record}`;

/** What a `staleKey` says. */
export const staleOf = (key: string): { lane: string; position: number; record: string } => {
  const [, position = "", lane = "", ...record] = key.split("/");
  return {
    lane: decodeURIComponent(lane),
    position: Number.parseInt(position, 16),
    record: record.join("/"),
  };
};

/** The position at the end of a frame's or a letter's key. */
export const positionOf = (key: string): number => Number.parseInt(key.slice(-14), 16);

/** Part of the keys, in order, or against it; the first `limit`. */
export interface KeyRange {
  gte: string;
  lt: string;
  limit?: number;
  reverse?: boolean;
}

/** All keys that begin with `prefix`. */
export const rangeOf = (prefix: string): KeyRange => ({ gte: prefix, lt: `${prefix}\uffff` });

/** The lane in a key of the form `<letter>/<lane>`. */
export const laneOf = (key: string): string => decodeURIComponent(key.slice(2));
