/**
 * Flash as the journal needs it: pages that are erased as a whole, to 0xFF, and between two erasures
 * take each byte once; one that is written as 0xFF may be written again. Addresses run through all pages. No method throws.
 */
export interface Flash {
  /** At least 4: two for the counter of starts, the rest for records. */
  pages: number;
  /** Bytes of a page, a multiple of 64, at most 262,144. */
  pageBytes: number;
  /** The bytes from `at` on, inside one page, at the start of a buffer of their own; zeros where it fails. */
  read(at: number, length: number): Uint8Array;
  /**
   * Writes inside one page: whole words of 4 bytes, aligned, or a single byte. The first write of a page
   * after it was erased is at its start. False where it fails; bytes may be written all the same.
   */
  write(at: number, bytes: Uint8Array): boolean;
  /** False where it fails, or would take something that must not be done now. */
  erase(page: number): boolean;
  /** Does now what may take long and makes room for `erase`. */
  compact(): void;
}
