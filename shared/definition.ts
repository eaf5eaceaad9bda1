import type { Site } from "./event.ts";

/** What a device says once and names by its number from then on. */
export type Meaning =
  | {
      kind: "site";
      site: Site;
      /** How many values each of its events has. */
      valueCount: number;
    }
  /** A text that came as a value more than once: its UTF-8, a character from 0 to 255 for each byte. */
  | { kind: "text"; text: string }
  /** The build-time dictionary that formats which are tokens refer to: 16 hex digits. */
  | { kind: "dictionary"; hash: string };

/** A meaning with its number: rising within the boot from 0, never used again for another. */
export interface Definition {
  number: number;
  /** An earlier number that no later frame uses: its place on the device is the new one's; -1 for none. */
  replaces: number;
  meaning: Meaning;
}

/**
 * What a frame says before its entries, written anew for each sending: the definitions which the
 * device, by the last ack, cannot take for held. A frame is readable on its own to whoever holds all
 * definitions below `needs`.
 */
export interface FrameHead {
  /** The count of definitions in the last ack: what is below is not repeated. */
  needs: number;
  /**
   * Whoever holds all below `needs` holds all below `settled` with this frame: numbers between that
   * are not among `definitions` are void. Never below `needs`.
   */
  settled: number;
  /** By rising number, none below `needs`. */
  definitions: Definition[];
}

/** What a number means, to one who holds the boot's definitions. */
export type Lookup = (number: number) => Meaning | undefined;
