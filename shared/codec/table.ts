import { type Level, levels } from "../event.ts";
import { textCrc32 } from "./crc32.ts";
import { metricLevel } from "./header.ts";
import { dictionaryKind, textKind } from "./layout.ts";
import type { SiteWatch } from "./site-watch.ts";

/** How many meanings a device names by numbers. */
export interface Places {
  sites: number;
  texts: number;
  /** Characters of all meanings; without a limit where absent. */
  characters?: number;
}

/**
 * What the device has defined. Each meaning has a place as long as it is used and a number for ever:
 * a place is taken again only under a new number. Meanings are kept as texts: a character for the
 * kind; of a site one for how many values and one for the tag's length, the tag; then the text.
 */
export interface Table {
  /** Null where nobody watches. */
  watch: SiteWatch | null;
  /** Number of the meaning at a place. */
  numbers: Uint32Array;
  /** Seq of the last entry that used a place. */
  lastUses: ArrayLike<number>;
  /** Meaning at a place. */
  meanings: string[];
  /** The number that was at the place before; -1 for none. */
  replaced: number[];
  /** Place of a site, taken now if need be; -1 if none is free. At most 255 values and characters of tag. */
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

/** Where fewer sites than this came only once so far, one that came back may give way to a new one. */
const probationPlaces = 8;

/** So many sites that gave way before they came again are a sign that texts are built before they are logged. */
const unrepeatedLimit = 64;

/** Marks of a place: its site came a second time; it has a text. */
const returnedMark = 1;
const textMark = 2;

/** With more places seqs are counted beyond 32 bits. */
const boardSites = 64;

/** Texts remembered as seen once. */
const seenPlaces = 32;

const char = String.fromCharCode;

/** Number of a level in a definition. */
export const kindOf = (level: Level, isMetric: true | undefined): number =>
  isMetric ? metricLevel : levels.indexOf(level);

/** Of a site's meaning. */
const formatOf = (meaning: string): string => meaning.substr(3 + meaning.charCodeAt(2));

/** What `oldest` looks through. */
interface Rows {
  meanings: string[];
  lastUses: ArrayLike<number>;
  marks: Uint8Array;
}

/** Of the places used before `base` that have texts, or have not, the one not used for longest; else -1. */
const oldest = (rows: Rows, base: number, isText: number): number => {
  let found = -1;
  for (let place = 0; place < rows.meanings.length; place++) {
    const lastUse = rows.lastUses[place] as number;
    if (lastUse >= base || ((rows.marks[place] as number) & textMark) !== isText) continue;
    if (found < 0 || lastUse < (rows.lastUses[found] as number)) found = place;
  }
  return found;
};

/** `dictionary`: hash of the build-time dictionary, the boot's first definition. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a board pays 11 variables for each closure of a second factory
export const createTable = (
  places: Places,
  dictionary: string | undefined,
  watch?: SiteWatch,
): Table => {
  const size = places.sites + places.texts + 1;
  const keys = new Uint32Array(size);
  const meanings: string[] = [];
  // Boards start anew long before 2^32 entries, and half the bytes are theirs.
  const isBoard = places.sites <= boardSites;
  const lastUses = isBoard ? new Uint32Array(size) : new Float64Array(size);
  const numbers = new Uint32Array(size);
  const replaced: number[] = [];
  const marks = new Uint8Array(size);
  const rows = { meanings, lastUses, marks };
  const seen = new Uint32Array(seenPlaces);
  /** Sites that came once, or did when they were added; oldest first. */
  const probation: number[] = [];
  let seenAt = 0;
  let sites = 0;
  let texts = 0;
  let assigned = 0;
  let held = 0;
  let base = 0;
  let characters = 0;
  let unrepeated = 0;

  const grown = (place: number, meaning: string): number =>
    meaning.length - (place < meanings.length ? (meanings[place] as string).length : 0);
  const hasRoom = (place: number, meaning: string): boolean =>
    characters + grown(place, meaning) <= (places.characters || Infinity);
  const define = (place: number, meaning: string, key: number, seq: number, mark: number) => {
    characters += grown(place, meaning);
    replaced[place] = meanings[place] === undefined ? -1 : (numbers[place] as number);
    meanings[place] = meaning;
    keys[place] = key;
    numbers[place] = assigned++;
    marks[place] = mark;
    lastUses[place] = seq;
    return place;
  };
  const placeForSite = (meaning: string): number => {
    if (sites < places.sites && hasRoom(meanings.length, meaning)) return meanings.length;
    while (probation.length > 0 && marks[probation[0] as number]) probation.shift();
    const first = probation[0];
    if (first !== undefined && (lastUses[first] as number) < base) return first;
    return probation.length < probationPlaces ? oldest(rows, base, 0) : -1;
  };
  /** Where it has no place yet, or `other` has its key. */
  const newSite = (meaning: string, key: number, seq: number, other: number): number => {
    if (other >= 0 && meanings[other] !== undefined) return -1;
    const place = placeForSite(meaning);
    if (place < 0 || !hasRoom(place, meaning)) return -1;
    if (place === meanings.length) sites++;
    else if (place === probation[0]) {
      probation.shift();
      if (++unrepeated === unrepeatedLimit && watch) watch.unrepeated = formatOf(meaning);
    }
    probation.push(place);
    return define(place, meaning, key, seq, 0);
  };
  const newText = (meaning: string, key: number, seq: number, other: number): number => {
    if (other >= 0 && meanings[other] !== undefined) return -1;
    if (seen.indexOf(key) < 0) {
      seen[seenAt] = key;
      seenAt = (seenAt + 1) % seenPlaces;
      return -1;
    }
    const place = texts < places.texts ? meanings.length : oldest(rows, base, textMark);
    if (place < 0 || !hasRoom(place, meaning)) return -1;
    if (place === meanings.length) texts++;
    return define(place, meaning, key, seq, textMark);
  };
  if (dictionary)
    define(0, char(dictionaryKind) + dictionary, 0, isBoard ? 4_294_967_295 : Infinity, 0);

  return {
    watch: watch || null,
    numbers,
    lastUses,
    meanings,
    replaced,
    site(meaning, seq) {
      const key = textCrc32(meaning);
      const place = keys.indexOf(key);
      if (meanings[place] !== meaning) return newSite(meaning, key, seq, place);
      marks[place] = returnedMark;
      lastUses[place] = seq;
      return place;
    },
    text(text, key, seq) {
      const place = keys.indexOf(key);
      const meaning = char(textKind) + text;
      if (meanings[place] !== meaning) return newText(meaning, key, seq, place);
      lastUses[place] = seq;
      return place;
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
