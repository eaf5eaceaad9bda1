import type { FrameHead, Lookup, Meaning } from "../../shared/definition.ts";

/** The definitions of one boot as an agent holds them. */
export interface HeldDefinitions {
  /** Takes what a frame brings; false where the frame needs what is not held. */
  take(head: FrameHead | null): boolean;
  /** All definitions below are held or void. */
  count(): number;
  lookup: Lookup;
  forget(): void;
}

export const heldDefinitions = (): HeldDefinitions => {
  const meanings = new Map<number, Meaning>();
  let count = 0;

  return {
    take(head) {
      if (head === null) return true;
      for (const { number, meaning } of head.definitions) {
        if (!meanings.has(number)) meanings.set(number, meaning);
      }
      if (head.needs > count) return false;
      count = Math.max(count, head.settled);
      return true;
    },
    count: () => count,
    lookup: (number) => meanings.get(number),
    forget() {
      meanings.clear();
      count = 0;
    },
  };
};
