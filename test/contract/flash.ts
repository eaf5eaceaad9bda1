import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Flash } from "../../device/journal/flash.ts";

/** A flash without anything in it, and what the next start would get of it. */
export interface FlashBench {
  flash: Flash;
  reopen(): Flash;
  end(): Promise<void>;
}

const words = (count: number, from = 0): Uint8Array =>
  Uint8Array.from({ length: count * 4 }, (_, index) => from + index);

/** What the journal relies on, whatever keeps its bytes. */
export const flashContract = (name: string, open: () => Promise<FlashBench>): void => {
  describe(`${name} as flash`, () => {
    let bench: FlashBench;
    let flash: Flash;

    beforeEach(async () => {
      bench = await open();
      flash = bench.flash;
    });
    afterEach(() => bench.end());

    it("has at least four pages, of whole steps", () => {
      expect(flash.pages).toBeGreaterThanOrEqual(4);
      expect(flash.pageBytes % 64).toBe(0);
    });

    it("reads 255 where nothing was written", () => {
      for (let page = 0; page < flash.pages; page++) {
        expect([...flash.read(page * flash.pageBytes, 8)]).toEqual(new Array(8).fill(255));
      }
    });

    it("keeps what was written, in every page, for the next start", () => {
      for (let page = 0; page < flash.pages; page++) {
        expect(flash.write(page * flash.pageBytes, words(4, page))).toBe(true);
      }

      const again = bench.reopen();

      for (let page = 0; page < flash.pages; page++) {
        expect([...again.read(page * flash.pageBytes, 20)]).toEqual([
          ...words(4, page),
          ...[255, 255, 255, 255],
        ]);
      }
    });

    it("keeps every byte as it is", () => {
      flash.write(0, words(4));

      flash.write(64, words(64));

      expect(flash.read(64, 256)).toEqual(words(64));
    });

    it("takes a single byte beside others that were written before", () => {
      flash.write(0, new Uint8Array([1, 2, 255, 4]));

      expect(flash.write(2, new Uint8Array([3]))).toBe(true);

      expect([...flash.read(0, 4)]).toEqual([1, 2, 3, 4]);
    });

    it("takes single bytes one after another, as the counter writes them", () => {
      flash.write(0, words(4));

      for (let at = 16; at < 24; at++) expect(flash.write(at, new Uint8Array(1))).toBe(true);

      expect([...flash.read(14, 12)]).toEqual([14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]);
    });

    it("erases a page, and none beside it", () => {
      for (let page = 0; page < 4; page++) flash.write(page * flash.pageBytes, words(4, 10));

      expect(flash.erase(2)).toBe(true);

      const starts = [0, 1, 2, 3].map((page) => flash.read(page * flash.pageBytes, 1)[0]);
      expect(starts).toEqual([10, 10, 255, 10]);
      expect(flash.read(3 * flash.pageBytes - 4, 4)).toEqual(new Uint8Array(4).fill(255));
    });

    it("takes other bytes once a page was erased, again and again", () => {
      for (let round = 0; round < 5; round++) {
        expect(flash.erase(1)).toBe(true);
        expect(flash.write(flash.pageBytes, words(8, round))).toBe(true);
        expect(flash.read(flash.pageBytes, 32)).toEqual(words(8, round));
      }
    });

    it("gives arrays that are the caller's own", () => {
      flash.write(0, words(4));

      flash.read(0, 8).fill(9);

      expect(flash.read(0, 8)).toEqual(words(2));
      expect(flash.read(4, 8).byteOffset).toBe(0);
      expect(flash.read(4, 8).buffer.byteLength).toBe(8);
    });
  });
};
