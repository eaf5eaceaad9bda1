import type { Definition, FrameHead, Meaning } from "../../shared/definition.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import type { DefinitionsChange, HeldDefinition } from "../spool/spool.ts";

/** Definitions of a boot that may be held at a time, but for those that others have replaced. */
export const definitionsLimit = 1_024;

/** Bytes of UTF-8 these may have in all: tags and formats, texts, names of dictionaries. */
export const definitionTextLimitBytes = 262_144;

/** What a frame brought. */
export interface Learned {
  /** Numbered definitions now held, without a hole, from the first; void numbers included. */
  count: number;
  /** What is to be stored before the count may be told; null where only the count rose. */
  change: DefinitionsChange | null;
  /** Definitions for which there is no room. */
  refused: number;
  /** The dictionary that the frame names. */
  dictionary?: string;
}

/** Which definitions the agent holds of the boots of one device; what they mean is in the spool. */
export interface Definitions {
  /**
   * Takes what a head brings that the boot, with `count` definitions, does not hold; null where that
   * is nothing. A definition that replaces another is taken only with a frame that is stored: until
   * all frames before that one are, some may come that still use the other.
   */
  learn(boot: Boot, head: FrameHead, now: { count: number; isStored: boolean }): Learned | null;
  forget(boot: Boot): void;
}

/** Definitions of one boot, by number. */
interface Held {
  bytesOf: Map<number, number>;
  bytes: number;
}

/** Bytes of a meaning that count against the limit. */
export const textBytesOf = (meaning: Meaning): number => {
  if (meaning.kind === "text") return Buffer.byteLength(meaning.text);
  if (meaning.kind === "dictionary") return meaning.hash.length;
  return Buffer.byteLength(meaning.site.tag) + Buffer.byteLength(meaning.site.format);
};

/** `held`: what the spool has of a boot, asked for once, when a frame of it brings something. */
export const createDefinitions = (held: (boot: Boot) => readonly HeldDefinition[]): Definitions => {
  const boots = new Map<string, Held>();

  const load = (boot: Boot): Held => {
    const key = bootText(boot);
    const known = boots.get(key);
    if (known !== undefined) return known;
    const stored = held(boot);
    const bytes = stored.reduce((sum, [, textBytes]) => sum + textBytes, 0);
    const loaded = { bytesOf: new Map(stored), bytes };
    boots.set(key, loaded);
    return loaded;
  };
  return {
    learn(boot, head, { count, isStored }) {
      if (head.needs > count) return null;
      if (head.definitions.length === 0) {
        return head.settled > count ? { count: head.settled, change: null, refused: 0 } : null;
      }
      return take(load(boot), head, count, isStored);
    },
    forget(boot) {
      boots.delete(bootText(boot));
    },
  };
};

const take = (held: Held, head: FrameHead, count: number, isStored: boolean): Learned | null => {
  const added: Definition[] = [];
  const retired: number[] = [];
  let refused = 0;
  let settled = head.settled;
  for (const definition of head.definitions) {
    const { number, replaces } = definition;
    if (number < count || held.bytesOf.has(number)) continue;
    const isEarly = replaces >= 0 && !isStored;
    if (isEarly || !hold(held, definition)) {
      if (!isEarly) refused++;
      settled = Math.min(settled, number);
      continue;
    }
    added.push(definition);
    if (release(held, replaces)) retired.push(replaces);
  }
  let known = Math.max(count, settled);
  while (held.bytesOf.has(known)) known++;
  if (added.length === 0 && known === count && refused === 0) return null;
  const change = added.length === 0 ? null : { added, retired, held: [...held.bytesOf] };
  return { count: known, change, refused, ...dictionaryIn(head.definitions) };
};

const dictionaryIn = (definitions: readonly Definition[]): Pick<Learned, "dictionary"> => {
  for (const { meaning } of definitions) {
    const isNamed = meaning.kind === "dictionary" && /^[0-9a-f]{16}$/.test(meaning.hash);
    if (isNamed) return { dictionary: meaning.hash };
  }
  return {};
};

/** False where there is no room, even once what it replaces is gone. */
const hold = (held: Held, { number, replaces, meaning }: Definition): boolean => {
  const { bytesOf } = held;
  const replacedBytes = bytesOf.get(replaces);
  const places = bytesOf.size - (replacedBytes === undefined ? 0 : 1);
  const textBytes = textBytesOf(meaning);
  const bytes = held.bytes - (replacedBytes ?? 0) + textBytes;
  if (places >= definitionsLimit || bytes > definitionTextLimitBytes) return false;
  bytesOf.set(number, textBytes);
  held.bytes += textBytes;
  return true;
};

const release = (held: Held, number: number): boolean => {
  const textBytes = held.bytesOf.get(number);
  if (textBytes === undefined) return false;
  held.bytesOf.delete(number);
  held.bytes -= textBytes;
  return true;
};
