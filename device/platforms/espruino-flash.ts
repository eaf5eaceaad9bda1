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

interface PageFlash extends Flash {
  module: FlashModule;
  address: number;
  /** Bytes of one of the board's pages; 0 where nothing may be touched. */
  unitBytes: number;
}

// Methods without closures: a board would pay for each.
const read = function (this: PageFlash, at: number, length: number): Uint8Array {
  const bytes = this.unitBytes > 0 && this.module.read(length, this.address + at);
  return bytes || new Uint8Array(length);
};

const write = function (this: PageFlash, at: number, bytes: Uint8Array): boolean {
  if (this.unitBytes === 0) return false;
  this.module.write(bytes, this.address + at);
  return true;
};

const erase = function (this: PageFlash, page: number): boolean {
  if (this.unitBytes === 0) return false;
  const from = this.address + page * this.pageBytes;
  for (let at = 0; at < this.pageBytes; at += this.unitBytes) this.module.erasePage(from + at);
  return true;
};

/** Raw pages as the journal's flash. Where the address is no page's start nothing is touched. */
export const createPageFlash = (module: FlashModule, options: FlashPages): Flash => {
  const address = options.address;
  const page = module.getPage(address);
  const unitBytes = page && page.addr === address ? page.length : 0;
  const pageBytes = options.pageBytes || unitBytes || 64;
  const flash: PageFlash = {
    module,
    address,
    unitBytes: pageBytes % (unitBytes || 1) === 0 ? unitBytes : 0,
    pages: options.pages,
    pageBytes,
    read,
    write,
    erase,
    compact() {},
  };
  return flash;
};
