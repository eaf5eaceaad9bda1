import { payloadKind } from "../../shared/codec/explain/explain.ts";
import { frameLimitBytes } from "../../shared/limits.ts";

/** How payloads are written down. */
export type PayloadFormat = "hex" | "base64" | "raw";

/** A payload of the input, or why there is none; `line` from 1, 0 in raw bytes. */
export type Payload =
  | { ok: true; line: number; bytes: Uint8Array }
  | { ok: false; line: number; reason: string };

/** What one line holds in hex, null where it is none; comments are left out. */
type ReadLine = (line: string) => string | null;

const pairs = /^(?:[0-9a-f]{2})+$/i;

const hexTokens = (text: string): string | null => {
  const tokens = text.split(/[\s,]+/).filter((token) => token !== "");
  const digits = tokens.map((token) => token.replace(/^0x/i, ""));
  return digits.every((token) => pairs.test(token)) ? digits.join("").toLowerCase() : null;
};

/** Pairs of digits with blanks, commas and 0x; then `# ...`, `// ...`, or anything after two blanks. */
const hexLine: ReadLine = (line) => {
  const text = line.replace(/(?:#|\/\/).*$/, "").trim();
  return hexTokens(text) ?? hexTokens(text.split(/\s{2,}|\t/)[0] ?? "");
};

const base64Line: ReadLine = (line) => {
  const text = line.trim();
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1)
    return null;
  return Buffer.from(text, "base64").toString("hex");
};

interface Part {
  line: number;
  hex: string;
}

const isBlank = (line: string): boolean => line.trim() === "" || line.trim().startsWith("```");

const isBeginning = ({ hex }: Part): boolean =>
  payloadKind(Number.parseInt(hex.slice(0, 2), 16)) !== null;

/** A block is one payload on several lines, unless each of them begins like one. */
const joined = (block: readonly Part[]): Part[] => {
  const [head] = block;
  if (head === undefined || block.every(isBeginning)) return [...block];
  return [{ line: head.line, hex: block.map(({ hex }) => hex).join("") }];
};

const payloadOf = (line: number, bytes: Uint8Array): Payload => {
  if (bytes.length <= frameLimitBytes) return { ok: true, line, bytes };
  const reason = `it has ${bytes.length} bytes, ${frameLimitBytes} is the limit of a payload`;
  return { ok: false, line, reason };
};

const shown = (line: string): string =>
  JSON.stringify(line.length > 40 ? `${line.slice(0, 40)}...` : line);

/** Blank lines and fences end a block; so does a line that cannot be read. */
const payloadsIn = (text: string, readLine: ReadLine, what: string): Payload[] => {
  const payloads: Payload[] = [];
  let block: Part[] = [];
  const endBlock = (): void => {
    for (const { line, hex } of joined(block)) {
      payloads.push(payloadOf(line, Buffer.from(hex, "hex")));
    }
    block = [];
  };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const hex = isBlank(line) ? null : readLine(line);
    if (hex !== null && hex !== "") block.push({ line: index + 1, hex });
    if (hex !== null) continue;
    endBlock();
    if (isBlank(line)) continue;
    payloads.push({ ok: false, line: index + 1, reason: `${shown(line)} is not ${what}` });
  }
  endBlock();
  return payloads;
};

/** The text, where the bytes are one: UTF-8 without control characters. */
const textOf = (input: Uint8Array): string | null => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(input);
    return /(?![\t-\r])\p{Cc}/u.test(text) ? null : text;
  } catch {
    return null;
  }
};

const holds = (text: string, readLine: ReadLine): boolean =>
  text.split(/\r?\n/).every((line) => isBlank(line) || readLine(line) !== null);

/**
 * The payloads of an input, in order. Where no format is given: bytes that are no UTF-8 text are
 * one raw payload, and no frame or ack can be a text, for each begins with a0 to bf; a text is hex
 * if all its lines are, base64 if all its lines are that, else taken for hex.
 */
export const payloadsOf = (input: Uint8Array, format: PayloadFormat | undefined): Payload[] => {
  const text = format === "raw" ? null : textOf(input);
  if (text === null && (format === undefined || format === "raw")) return [payloadOf(0, input)];
  if (text === null) return [{ ok: false, line: 1, reason: `it is no text, so no ${format}` }];
  if (format === "hex" || (format === undefined && holds(text, hexLine))) {
    return payloadsIn(text, hexLine, "hex");
  }
  if (format === "base64" || holds(text, base64Line)) {
    return payloadsIn(text, base64Line, "base64");
  }
  return payloadsIn(text, hexLine, "hex");
};
