import type { Setup } from "./setup.ts";

/** Memory that is left to the program, and to what sending the smallest frame takes for a moment. */
const leastReserveBytes = 1_800;

/** What sending takes besides, for each byte of a body: the copies of a payload on its way to the socket. */
const reserveShare = 4.5;

/** Fits the outbox's limit to the memory that is free; answers whether it has become another. */
export const fitLimit = (setup: Setup, heldBytes: number): boolean => {
  const platform = setup.platform;
  if (!platform.freeBytes) return false;
  const knownBytes = heldBytes - leastReserveBytes - reserveShare * setup.bodyBytes;
  let roomBytes = knownBytes + platform.freeBytes(false);
  if (roomBytes < setup.mostBytes) roomBytes = knownBytes + platform.freeBytes(true);
  const limitBytes = Math.max(0, Math.min(setup.mostBytes, roomBytes));
  const isOther = limitBytes !== setup.limitBytes;
  setup.limitBytes = limitBytes;
  return isOther;
};
