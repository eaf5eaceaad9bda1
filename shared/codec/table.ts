import { type Level, levels } from "../event.ts";
import { textCrc32 } from "./crc32.ts";
import { metricLevel } from "./header.ts";
import { dictionaryKind, textKind } from "./layout.ts";

/** How many meanings a device names by numbers. */
export interface Places {
  sites: number;
  texts: number;
}

/**
 * What the device has defined. Each meaning has a place as long as it is used and a number for ever:
 * a place is taken again only under a new number. Meanings are kept as texts: a character for the
 * kind; of a site one for how many values and one for the tag's length, the tag; then the text.
 */
export interface Table {
  /** Number of the meaning at a place. */
  numbers: Uint32Array;
  /** Seq of the last entry that used a place. */
  lastUses: Float64Array;
  /** Meaning at a place. */
  meanings: string[];
  /** The number that was at the place before; -1 for none. */
  replaced: number[];
  /** Place of a site, taken now if need be; -1 if none is free. */
  site(meaning: string, seq: number): number;
  /** Place of a text that came before this `seq` too; else -1. */
  text(text: string, hash: number, seq: number): number;
  /** Numbers given so far. */
  assigned(): number;
  /** Count of definitions in the last ack. */
  held(): number;
  /** Takes the count of an ack, which may fall: the agent has another store. */
  acked(count: number): void;
  /** Entries below `base` are not held any more: their places may be taken. */
  settle(base: number): void;
}

/** A new site takes the place of one that never came back while there are this many at least. */
const probationPlaces = 8;

/** Texts remembered as seen once. */
const seenPlaces = 32;

const char = String.fromCharCode;

/** A site's meaning: at most 255 values, a tag of at most 255 characters. */
export const siteMeaning = (kind: number, values: number, tag: string, format: string): string =>
  char(kind, values, tag.length) + tag + format;

/** Number of a level in a definition. */
export const kindOf = (level: Level, isMetric: true | undefined): number =>
  isMetric ? metricLevel : levels.indexOf(level);

/** `dictionary`: hash of the build-time dictionary, the boot's first definition. */
export const createTable = (places: Places, dictionary: string | undefined): Table => {
  const size = places.sites + places.texts + 1;
  const keys = new Uint32Array(size);
  const numbers = new Uint32Array(size);
  const lastUses = new Float64Array(size);
  /** 1 where a meaning came a second time. */
  const kept = new Uint8Array(size);
  const meanings: string[] = [];
  const replaced: number[] = [];
  const seen = new Uint32Array(seenPlaces);
  /** Sites that came once, or did when they were added; oldest first. */
  const probation: number[] = [];
  /** Places of texts. */
  const textPlaces: number[] = [];
  let seenAt = 0;
  let sites = 0;
  let assigned = 0;
  let held = 0;
  let base = 0;

  const isFree = (place: number): boolean => (lastUses[place] as number) < base;
  /** Of the places in the list, or of all sites, the one that was not used for longest; -1 if all are in use. */
  const oldest = (isEligible: (place: number) => boolean): number => {
    let found = -1;
    for (let place = 0; place < meanings.length; place++) {
      if (!isFree(place) || !isEligible(place)) continue;
      if (found < 0 || (lastUses[place] as number) < (lastUses[found] as number)) found = place;
    }
    return found;
  };
  const isText = (place: number): boolean => textPlaces.indexOf(place) >= 0;
  const define = (place: number, meaning: string, key: number, seq: number): number => {
    replaced[place] = meanings[place] === undefined ? -1 : (numbers[place] as number);
    meanings[place] = meaning;
    keys[place] = key;
    numbers[place] = assigned++;
    kept[place] = 0;
    lastUses[place] = seq;
    return place;
  };
  const placeForSite = (): number => {
    if (sites < places.sites) {
      sites++;
      return meanings.length;
    }
    while (probation.length > 0 && kept[probation[0] as number]) probation.shift();
    if (probation.length > 0 && isFree(probation[0] as number)) return probation.shift() as number;
    return probation.length < probationPlaces ? oldest((place) => !isText(place)) : -1;
  };
  const placeForText = (): number => {
    if (textPlaces.length >= places.texts) return oldest(isText);
    textPlaces.push(meanings.length);
    return meanings.length;
  };
  /** -1: not there; -2: another meaning has the same key. */
  const use = (meaning: string, key: number, seq: number): number => {
    const place = keys.indexOf(key);
    if (place < 0 || meanings[place] === undefined) return -1;
    if (meanings[place] !== meaning) return -2;
    kept[place] = 1;
    lastUses[place] = seq;
    return place;
  };
  if (dictionary) define(0, char(dictionaryKind) + dictionary, 0, Infinity);

  return {
    numbers,
    lastUses,
    meanings,
    replaced,
    site(meaning, seq) {
      const key = textCrc32(meaning);
      let place = use(meaning, key, seq);
      if (place !== -1) return place;
      place = placeForSite();
      if (place < 0) return place;
      probation.push(place);
      return define(place, meaning, key, seq);
    },
    text(text, hash, seq) {
      const meaning = char(textKind) + text;
      let place = use(meaning, hash, seq);
      if (place !== -1) return place;
      if (seen.indexOf(hash) < 0) {
        seen[seenAt] = hash;
        seenAt = (seenAt + 1) % seenPlaces;
        return -1;
      }
      place = placeForText();
      return place < 0 ? place : define(place, meaning, hash, seq);
    },
    assigned: () => assigned,
    held: () => held,
    acked(count) {
      held = Math.min(count, assigned);
    },
    settle(seq) {
      base = seq;
    },
  };
};
