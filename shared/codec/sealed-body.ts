/** What is final of a body, waiting for the headers that are written at each sending. */
export interface SealedBody {
  format: number;
  /** Seqs it stands for. */
  count: number;
  bytes: Uint8Array;
  /** Places whose meanings it names, a character each. */
  used: string;
  /** Bytes that a frame with all those definitions has left. */
  spareBytes: number;
}

/** A sealed body that rested in flash, with what it names: it needs no table. */
export interface StoredBody {
  format: number;
  bytes: Uint8Array;
  /** By rising number; meanings as in `Table`. */
  numbers: number[];
  meanings: string[];
}
