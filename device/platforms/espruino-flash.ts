import type { Flash } from "../journal/flash.ts";

/** Espruino's `Flash` module. */
export interface FlashModule {
  getPage(address: number): { addr: number; length: number } | undefined;
  erasePage(address: number): void;
  read(length: number, address: number): Uint8Array | undefined;
  write(bytes: Uint8Array, address: number): void;
}

/** Where in flash a journal may be. The application vouches that nothing else is there. */
export interface FlashPages {
  /** Start of the first page, as `require("Flash").getFree()` gives it. */
  address: number;
  pages: number;
  /** Bytes of a page, or of several that are used as one; those of the page at `address`. */
  pageBytes?: number;
}

/** Raw pages as the journal's flash. Where the address is no page's start nothing is touched. */
export const createPageFlash = (flash: FlashModule, options: FlashPages): Flash => {
  const address = options.address;
  const page = flash.getPage(address);
  const unitBytes = page && page.addr === address ? page.length : 0;
  const pageBytes = options.pageBytes || unitBytes || 64;
  const isUsable = unitBytes > 0 && pageBytes % unitBytes === 0;

  return {
    pages: options.pages,
    pageBytes,
    read(at, length) {
      return (isUsable && flash.read(length, address + at)) || new Uint8Array(length);
    },
    write(at, bytes) {
      if (isUsable) flash.write(bytes, address + at);
      return isUsable;
    },
    erase(page) {
      const from = address + page * pageBytes;
      for (let at = 0; isUsable && at < pageBytes; at += unitBytes) flash.erasePage(from + at);
      return isUsable;
    },
    compact() {},
  };
};
