import { decodeHead } from "../../shared/codec/decode.ts";
import {
  type ExplainedAck,
  type ExplainedFrame,
  explainAck,
  explainFrame,
  payloadKind,
} from "../../shared/codec/explain/explain.ts";
import type { Definition, Meaning } from "../../shared/definition.ts";
import { bootText } from "../../shared/frame.ts";
import { idOfToken } from "../../shared/token.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";

/** A payload of a session, read with what the ones before it have defined. */
export type Explained =
  | { kind: "ack"; explained: ExplainedAck }
  | {
      kind: "frame";
      explained: ExplainedFrame;
      /** The format that a token stands for; any other as it is. */
      formatOf(format: string): string;
      /** What a reader should know besides. */
      notes: string[];
    };

/** Reads payloads one after another. */
export interface Session {
  explain(bytes: Uint8Array): Explained;
}

/** What is known of a boot. */
interface Held {
  meanings: Map<number, Meaning>;
  /** Below it all definitions are held or void. */
  count: number;
  /** Hash of the dictionary that the device names, null as long as it named none. */
  hash: string | null;
}

const take = (held: Held, definitions: readonly Definition[]): void => {
  for (const { number, meaning } of definitions) {
    if (!held.meanings.has(number)) held.meanings.set(number, meaning);
    if (meaning.kind === "dictionary") held.hash = meaning.hash;
  }
};

const hasTokens = ({ body }: ExplainedFrame): boolean =>
  body?.kind === "entries" &&
  body.entries.some((entry) => entry.kind === "event" && idOfToken(entry.site.format) !== null);

const needsNote = ({ head, fault }: ExplainedFrame, count: number): string[] =>
  fault !== null && head !== null && head.needs > count
    ? [
        `it needs ${head.needs} definitions of earlier frames of its boot, ${count} are here: give those first`,
      ]
    : [];

const tokenNote = (held: Held, dictionary: Dictionary | null): string[] => {
  const named = held.hash === null ? "a dictionary" : `dictionary ${held.hash}`;
  if (dictionary === null) return [`formats are tokens of ${named}: give it by --dictionary`];
  if (held.hash === null || held.hash === dictionary.hash) return [];
  return [`formats are tokens of ${named}, not of ${dictionary.hash}, which was given`];
};

/** `dictionary` is used for boots that name it, and for those that name none. */
export const createSession = (dictionary: Dictionary | null): Session => {
  const boots = new Map<string, Held>();

  const heldOf = (boot: string): Held => {
    const held = boots.get(boot) ?? { meanings: new Map(), count: 0, hash: null };
    boots.set(boot, held);
    return held;
  };
  const frame = (bytes: Uint8Array): Explained => {
    const { header } = decodeHead(bytes);
    const held = header === null ? heldOf("") : heldOf(bootText(header.boot));
    const explained = explainFrame(bytes, (number) => held.meanings.get(number));
    const { head, body, fault } = explained;
    const notes = needsNote(explained, held.count);
    if (head !== null && body !== null) take(held, head.definitions);
    if (head !== null && fault === null && head.needs <= held.count) {
      held.count = Math.max(held.count, head.settled);
    }
    if (hasTokens(explained)) notes.push(...tokenNote(held, dictionary));
    const isKnown = held.hash === null || held.hash === dictionary?.hash;
    const formatOf = (format: string): string => {
      const id = isKnown ? idOfToken(format) : null;
      return (id === null ? undefined : dictionary?.entries[id]?.format) ?? format;
    };
    return { kind: "frame", explained, formatOf, notes };
  };
  return {
    explain: (bytes) =>
      payloadKind(bytes[0] ?? 0) === "ack"
        ? { kind: "ack", explained: explainAck(bytes) }
        : frame(bytes),
  };
};
