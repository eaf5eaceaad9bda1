import { directiveKinds } from "../../../shared/directive.ts";
import type { Level, Site, Value } from "../../../shared/event.ts";
import { compileFormat, type Render } from "../../../shared/render.ts";

/** A piece of a JSON message, as it stands within a JSON string. */
export interface JsonPiece {
  json: string;
  /** Of the piece within the message, in UTF-8. */
  bytes: number;
}

export const noPiece: JsonPiece = { json: "", bytes: 0 };

/** A piece of a message that is JSON text. */
export const pieceOf = (message: string): JsonPiece => ({
  json: JSON.stringify(message).slice(1, -1),
  bytes: Buffer.byteLength(message),
});

/** Text that stands in JSON as it is, however often it is escaped: most is, and this is soon known. */
const plain = /^[ !#-[\]-~]*$/;

/** Text within quotes that are written elsewhere. */
export const textPiece = (text: string): JsonPiece =>
  plain.test(text)
    ? { json: text, bytes: text.length }
    : pieceOf(JSON.stringify(text).slice(1, -1));

/** Longer texts may have been cut, and end in a mark that is not plain. */
const surelyWholeCharacters = 65_536;

/** `textPiece` of a text made of plain parts. */
export const plainPiece = (text: string): JsonPiece =>
  text.length > surelyWholeCharacters ? textPiece(text) : { json: text, bytes: text.length };

/** The values of an event as they stand in its message. */
export interface ValuesPiece extends JsonPiece {
  /** No text among them needs an escape. */
  isPlain: boolean;
}

/** Values in the order of the format, a comma between them; null where one is bytes or JSON, or no finite number. */
export const valuesPiece = (values: readonly Value[]): ValuesPiece | null => {
  let json = "";
  let bytes = Math.max(0, values.length - 1);
  let isPlain = true;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const comma = index > 0 ? "," : "";
    if (typeof value === "number" && Number.isFinite(value)) {
      const digits = value === 0 ? "0" : String(value);
      json += comma + digits;
      bytes += digits.length;
    } else if (typeof value === "string") {
      const piece = textPiece(value);
      isPlain &&= piece.bytes === value.length;
      json += `${comma}\\"${piece.json}\\"`;
      bytes += piece.bytes + 2;
    } else if (typeof value === "boolean" || value === null) {
      const word = String(value);
      json += comma + word;
      bytes += word.length;
    } else return null;
  }
  return { json, bytes, isPlain };
};

/** What the messages of one site have in common. */
export interface SiteText {
  /** Before the text, from the end of the event's timestamp on; its bytes are those of the message. */
  start: JsonPiece;
  /** Between the text and the origin. */
  middle: JsonPiece;
  /** Between the origin and the values, where there are any. */
  format: JsonPiece;
  render: Render;
  /** Whatever plain texts and numbers it renders, the text is plain. */
  isPlain: boolean;
}

/** Directives that make something else of a value than its text: a character, a quoted text. */
const unplainKinds = ["c", "j"];

const startPiece = (level: Level): JsonPiece => {
  const { json, bytes } = pieceOf(`{"level":${JSON.stringify(level)},"message":"`);
  return { json: `,"message":"${json}`, bytes };
};

const siteText = ({ level, tag, format }: Site): SiteText => ({
  start: startPiece(level),
  middle: pieceOf(tag === "" ? '"' : `","tag":${JSON.stringify(tag)}`),
  format: pieceOf(`,"format":${JSON.stringify(format)},"args":[`),
  render: compileFormat(format),
  isPlain:
    plain.test(format) && !directiveKinds(format).some((kind) => unplainKinds.includes(kind)),
});

/** Sites whose texts are kept, and as many of the objects that stand for them in frames. */
const sitesLimit = 4_096;

/** Characters of their tags and formats: a hostile format takes up to 100 bytes for each. */
const charactersLimit = 524_288;

interface Memory<Key> {
  find(key: Key): SiteText | undefined;
  /** At a limit it forgets all: those in use are soon back. */
  keep(key: Key, text: SiteText, characters: number): void;
}

const createMemory = <Key>(): Memory<Key> => {
  const kept = new Map<Key, SiteText>();
  let keptCharacters = 0;
  return {
    find: (key) => kept.get(key),
    keep(key, text, characters) {
      if (kept.size >= sitesLimit || keptCharacters + characters > charactersLimit) {
        kept.clear();
        keptCharacters = 0;
      }
      kept.set(key, text);
      keptCharacters += characters;
    },
  };
};

/** Finds what the messages of a site have in common: by the object that names it, else by its text. */
export const createSiteTexts = (): ((site: Site) => SiteText) => {
  const ofObject = createMemory<Site>();
  const ofText = createMemory<string>();

  const find = (site: Site): SiteText => {
    const key = `${site.level}\n${site.tag.length}\n${site.tag}${site.format}`;
    const known = ofText.find(key);
    if (known !== undefined) return known;
    const made = siteText(site);
    ofText.keep(key, made, key.length);
    return made;
  };
  return (site) => {
    const known = ofObject.find(site);
    if (known !== undefined) return known;
    const found = find(site);
    ofObject.keep(site, found, site.tag.length + site.format.length);
    return found;
  };
};
