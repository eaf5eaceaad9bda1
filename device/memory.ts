import type { Setup } from "./setup.ts";

/** Memory that is left to the program, and to what sending a frame takes for a moment. */
const reserveBytes = 3_600;

/** Fits the outbox's limit to the memory that is free; answers whether it has become another. */
export const fitLimit = (setup: Setup, heldBytes: number): boolean => {
  const platform = setup.platform;
  if (!platform.freeBytes) return false;
  const roomBytes = Math.max(0, heldBytes + platform.freeBytes() - reserveBytes);
  const limitBytes = Math.min(setup.mostBytes, roomBytes);
  const isOther = limitBytes !== setup.limitBytes;
  setup.limitBytes = limitBytes;
  return isOther;
};
