import fc, { type Arbitrary } from "fast-check";
import { createLine, pieceBytes, writeLine } from "../../shared/codec/line.ts";

/** The lines of a message. */
export const linesOf = (kind: string, payload: Uint8Array): string => {
  const line = createLine();
  let text = "";
  for (let at = 0; at === 0 || at < payload.length; at += pieceBytes) {
    const base64 = Buffer.from(payload.subarray(at, at + pieceBytes)).toString("base64");
    text += writeLine(line, at === 0 ? kind : "+", base64, at + pieceBytes >= payload.length);
  }
  return text;
};

export interface Edit {
  at: number;
  how: "drop" | "double" | "change" | "insert";
  byte: number;
}

/** Bytes that mean something on the line come often. */
const anyByte = (): Arbitrary<number> =>
  fc.oneof(
    fc.nat({ max: 255 }),
    fc.constantFrom(..."~+u;,=\n\r0").map((char) => char.charCodeAt(0)),
  );

export const anyEdits = (): Arbitrary<Edit[]> =>
  fc.array(
    fc.record({
      at: fc.nat({ max: 99_999 }),
      how: fc.constantFrom("drop", "double", "change", "insert"),
      byte: anyByte(),
    }),
    { maxLength: 6 },
  );

export interface DamagedLine {
  /** What arrives. */
  text: string;
  /** For each message, whether none of its bytes was touched. */
  isWhole: boolean[];
}

/** Messages one after another, with some bytes dropped, doubled, changed or inserted on the way. */
export const damage = (messages: readonly string[], edits: readonly Edit[]): DamagedLine => {
  const chars = [...messages.join("")];
  const isWhole = messages.map(() => true);
  const length = chars.length;
  for (const { at, how, byte } of edits) {
    const place = at % length;
    const char = String.fromCharCode(byte);
    const was = chars[place] as string;
    if (how === "drop") chars[place] = "";
    else if (how === "double") chars[place] = was + was;
    else if (how === "change") chars[place] = char;
    else chars[place] = char + was;
    let start = 0;
    messages.forEach((message, index) => {
      if (place >= start && place < start + message.length) isWhole[index] = false;
      start += message.length;
    });
  }
  return { text: chars.join(""), isWhole };
};

/** Cuts a text at some places. */
export const inPieces = (text: string, cuts: readonly number[]): string[] => {
  const places = cuts.map((cut) => cut % (text.length + 1)).sort((left, right) => left - right);
  return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
};

/** Whether `parts` are some of `all`, in their order. */
export const isPartOf = (parts: readonly string[], all: readonly string[]): boolean => {
  let at = 0;
  for (const part of all) if (part === parts[at]) at++;
  return at === parts.length;
};
