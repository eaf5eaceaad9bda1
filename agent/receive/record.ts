import type { ClockState } from "../clock.ts";
import type { BootState } from "../session/boot-state.ts";
import type { NewBootRecord, Whole } from "../spool/spool.ts";

/**
 * What is stored of a boot with a frame. Named one by one: objects that begin as a copy and grow have
 * shapes that V8 gives up, and then each use of them takes 1 µs.
 */
export const recordOf = (
  state: BootState,
  device: string,
  clock: () => ClockState,
): NewBootRecord & Whole<NewBootRecord> => ({
  boot: state.boot,
  cursor: state.cursor,
  storedTo: state.storedTo,
  definitions: state.definitions,
  dictionary: state.dictionary,
  order: state.order,
  isEnded: state.isEnded,
  heldFrom: state.heldFrom,
  isLate: state.isLate,
  openings: state.openings,
  isDoubled: state.isDoubled,
  device,
  clock,
});
