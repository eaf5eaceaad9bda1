import { bootFormat, bootTag } from "../../shared/boot-event.ts";
import { decodeFrame } from "../../shared/codec/decode.ts";
import type { FrameHeader } from "../../shared/frame.ts";

/**
 * The number of the oldest boot that the device's flash held something of, as a boot says with its
 * first event; undefined where it does not. Such a frame needs no definitions but its own.
 */
export const heldFromIn = (
  payload: Uint8Array,
  { boot, first }: FrameHeader,
): number | undefined => {
  if (boot.number === 0 || first > 0) return undefined;
  const decoded = decodeFrame(payload);
  if (!decoded.ok || decoded.frame.body.kind !== "entries") return undefined;
  const entry = decoded.frame.body.entries[0];
  if (entry?.kind !== "event") return undefined;
  const { site, values } = entry;
  if (site.tag !== bootTag || site.format !== bootFormat) return undefined;
  const heldFrom = values[3];
  if (typeof heldFrom !== "number" || !Number.isInteger(heldFrom)) return undefined;
  return heldFrom >= 1 && heldFrom <= boot.number ? heldFrom : undefined;
};
