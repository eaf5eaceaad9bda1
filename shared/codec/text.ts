/**
 * UTF-8 that loses nothing: a lone surrogate becomes the three bytes its number has in UTF-8's
 * scheme (WTF-8), and bytes that are no UTF-8 come back as `\xNN`.
 */
export const toUtf8 = (text: string): Uint8Array => {
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) {
    let code = text.charCodeAt(index);
    const next = text.charCodeAt(index + 1);
    if (code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
      index++;
    }
    pushCode(bytes, code);
  }
  return new Uint8Array(bytes);
};

/** Whether all of it is ASCII, and so its own UTF-8. */
const isPlain = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
};

/** The UTF-8 of a text as a text of as many characters, 0 to 255 each: cut and compared like any. */
export const byteText = (text: string): string => {
  if (isPlain(text)) return text;
  const bytes = toUtf8(text);
  let chars = "";
  for (let index = 0; index < bytes.length; index++) {
    chars += String.fromCharCode(bytes[index] as number);
  }
  return chars;
};

/** The text that a byte text stands for: the inverse of `byteText`, as `fromUtf8` reads bytes. */
export const fromByteText = (text: string): string => {
  if (isPlain(text)) return text;
  const bytes = new Uint8Array(text.length);
  putText(bytes, text, 0);
  return fromUtf8(bytes, 0, bytes.length);
};

/** The bytes from `from` up to `to` as a byte text. */
export const textOfBytes = (bytes: Uint8Array, from: number, to: number): string => {
  let text = "";
  for (let index = from; index < to; index++) text += String.fromCharCode(bytes[index] as number);
  return text;
};

/** Puts a byte text into `bytes` at `offset`; what is beyond the end is lost. */
export const putText = (bytes: Uint8Array, text: string, offset: number): void => {
  for (let index = 0; index < text.length; index++) bytes[offset + index] = text.charCodeAt(index);
};

const pushCode = (bytes: number[], code: number): void => {
  if (code < 0x80) bytes.push(code);
  else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
  else if (code < 0x10000) {
    bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  } else {
    bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63));
    bytes.push(0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
};

const hexDigits = "0123456789abcdef";

/** Code units that are put together at a time: each is an argument on the stack. */
const chunkUnits = 1_024;

/** The text of `bytes[from..to)`; each byte that is no part of a character becomes `\xNN`. */
export const fromUtf8 = (bytes: Uint8Array, from: number, to: number): string => {
  let text = "";
  let units: number[] = [];
  let index = from;
  while (index < to) {
    const byte = bytes[index] as number;
    const length = sequenceLength(bytes, index, to);
    if (length === 1) units.push(byte);
    else if (length > 0) pushUnits(units, codeAt(bytes, index, length));
    else units.push(92, 120, hexDigits.charCodeAt(byte >> 4), hexDigits.charCodeAt(byte & 15));
    index += length || 1;
    if (units.length > chunkUnits) {
      text += String.fromCharCode.apply(null, units);
      units = [];
    }
  }
  return text + String.fromCharCode.apply(null, units);
};

const leastCode = [0, 0, 0x80, 0x800, 0x10000];

/** Bytes of the character at `index`, 0 if none begins there. */
const sequenceLength = (bytes: Uint8Array, index: number, to: number): number => {
  const lead = bytes[index] as number;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 && lead < 0xf8 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
  if (length === 0 || lead >= 0xf8 || index + length > to) return 0;
  for (let offset = 1; offset < length; offset++) {
    if (((bytes[index + offset] as number) & 0xc0) !== 0x80) return 0;
  }
  const code = codeAt(bytes, index, length);
  return code >= (leastCode[length] as number) && code <= 0x10ffff ? length : 0;
};

const codeAt = (bytes: Uint8Array, index: number, length: number): number => {
  const lead = bytes[index] as number;
  let code = length === 1 ? lead : lead & (0x7f >> length);
  for (let offset = 1; offset < length; offset++) {
    code = (code << 6) | ((bytes[index + offset] as number) & 63);
  }
  return code;
};

const pushUnits = (units: number[], code: number): void => {
  if (code < 0x10000) units.push(code);
  else units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
};
