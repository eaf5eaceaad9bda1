import type { Flash } from "../../device/journal/flash.ts";

/** What a write or an erasure ends with when power fails inside it. */
export class PowerCut extends Error {}

export interface FakeFlash extends Flash {
  /** What is there. */
  bytes: Uint8Array;
  writtenBytes: number;
  /** Erasures of each page. */
  erases: number[];
  /** Power fails after so many more bytes; an erasure counts as two, and fails in its middle. */
  failAfterBytes: number;
  /** From now on nothing is written or erased any more, though power is there. */
  isBroken: boolean;
  /** Another flash with the same in it, and power. */
  copy(): FakeFlash;
}

export interface FakeFlashOptions {
  pages?: number;
  pageBytes?: number;
  failAfterBytes?: number;
  /** What is there already. */
  bytes?: Uint8Array;
  /** Which half of a page an erasure has reached when power fails. */
  erasesFirst?: "front" | "back";
}

/** Flash that finds fault with whatever real flash would not take. */
export const fakeFlash = (options: FakeFlashOptions = {}): FakeFlash => {
  const { pages = 8, pageBytes = 1_024 } = options;
  const bytes = options.bytes ?? new Uint8Array(pages * pageBytes).fill(255);

  const pageOf = (at: number, length: number): number => {
    const page = Math.floor(at / pageBytes);
    if (at < 0 || length < 1 || page >= pages || at + length > (page + 1) * pageBytes) {
      throw new RangeError(`Cannot use ${length} bytes at ${at}: not inside one page`);
    }
    return page;
  };
  const cut = (): never => {
    flash.failAfterBytes = 0;
    throw new PowerCut("power failed");
  };
  const flash: FakeFlash = {
    pages,
    pageBytes,
    bytes,
    writtenBytes: 0,
    erases: new Array<number>(pages).fill(0),
    failAfterBytes: options.failAfterBytes ?? Infinity,
    isBroken: false,
    read(at, length) {
      pageOf(at, length);
      return bytes.slice(at, at + length);
    },
    write(at, written) {
      pageOf(at, written.length);
      if (written.length !== 1 && (at % 4 !== 0 || written.length % 4 !== 0)) {
        throw new RangeError(`Cannot write ${written.length} bytes at ${at}: not whole words`);
      }
      if (flash.isBroken) return false;
      for (const [index, byte] of written.entries()) {
        if (flash.failAfterBytes < 1) cut();
        if (bytes[at + index] !== 255)
          throw new RangeError(`Cannot write byte ${at + index} twice`);
        flash.failAfterBytes--;
        flash.writtenBytes++;
        bytes[at + index] = byte;
      }
      return true;
    },
    erase(page) {
      const from = pageOf(page * pageBytes, 1) * pageBytes;
      if (flash.isBroken) return false;
      if (flash.failAfterBytes < 1) cut();
      flash.erases[page] = (flash.erases[page] ?? 0) + 1;
      const isTorn = flash.failAfterBytes < 2;
      const start = isTorn && options.erasesFirst === "back" ? from + pageBytes / 2 : from;
      const length = isTorn ? pageBytes / 2 : pageBytes;
      bytes.fill(255, start, start + length);
      if (isTorn) cut();
      flash.failAfterBytes -= 2;
      return true;
    },
    compact: () => {},
    copy: () => fakeFlash({ pages, pageBytes, bytes: bytes.slice() }),
  };
  return flash;
};
