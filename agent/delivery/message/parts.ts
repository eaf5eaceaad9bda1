import { messageLimitBytes } from "../../cloudwatch/limits.ts";

/** How text is written into a part: as it is, or as a JSON string. */
export type Writing = "text" | "json";

export interface Splitting {
  /** What the parts are cut from: joined in order they are this text again. */
  text: string;
  writing: Writing;
  /** The message of one part; `part` is its number and how many there are, `2/3`. */
  wrap(piece: string, part: string): string;
}

/** Room for what `wrap` adds: names, numbers and the part, none of them longer than 64 characters. */
const wrapLimitBytes = 1_024;

/** The message itself where CloudWatch takes it, else the messages of its numbered parts. */
export const partsOf = (message: string, { text, writing, wrap }: Splitting): string[] => {
  const isShort = message.length * 3 <= messageLimitBytes;
  if (isShort || Buffer.byteLength(message) <= messageLimitBytes) return [message];
  const pieces = cutText(text, messageLimitBytes - wrapLimitBytes, writing);
  return pieces.map((piece, index) => wrap(piece, `${index + 1}/${pieces.length}`));
};

/** Cuts text into pieces of at most `limitBytes` as written, never within a character. */
export const cutText = (text: string, limitBytes: number, writing: Writing): string[] => {
  const pieces: string[] = [];
  let start = 0;
  let end = 0;
  let bytes = 0;
  for (const character of text) {
    const size = writtenBytes(character, writing);
    if (bytes + size > limitBytes) {
      pieces.push(text.slice(start, end));
      start = end;
      bytes = 0;
    }
    bytes += size;
    end += character.length;
  }
  return [...pieces, text.slice(start)];
};

const shortEscapes = '"\\\b\f\n\r\t';

/** UTF-8 bytes of one character as written; of a lone surrogate as JSON writes it, `\ud83d`. */
const writtenBytes = (character: string, writing: Writing): number => {
  const code = character.charCodeAt(0);
  if (character.length === 2) return 4;
  if (code >= 0xd800 && code < 0xe000) return 6;
  if (writing === "json" && shortEscapes.includes(character)) return 2;
  if (writing === "json" && code < 0x20) return 6;
  if (code < 0x80) return 1;
  return code < 0x800 ? 2 : 3;
};
