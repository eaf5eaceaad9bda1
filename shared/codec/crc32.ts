const polynomial = 0xedb88320;

const table: number[] = [];
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
  }
  table.push(remainder >>> 0);
}

/** CRC-32 as in ISO-HDLC (zip, PNG, Ethernet): 0 to 2^32 - 1. */
export const crc32 = (bytes: Uint8Array): number => {
  let remainder = 0xffffffff;
  for (let index = 0; index < bytes.length; index++) {
    const slot = (remainder ^ (bytes[index] as number)) & 0xff;
    remainder = (remainder >>> 8) ^ (table[slot] as number);
  }
  return (remainder ^ 0xffffffff) >>> 0;
};

/** The same of a text, a character a byte; of larger ones the low 8 bits count. */
export const textCrc32 = (text: string): number => {
  let remainder = 0xffffffff;
  for (let index = 0; index < text.length; index++) {
    const slot = (remainder ^ text.charCodeAt(index)) & 0xff;
    remainder = (remainder >>> 8) ^ (table[slot] as number);
  }
  return (remainder ^ 0xffffffff) >>> 0;
};
