/** When a boot ended that no frame told the time of while it ran; decided once. */
export interface Placed {
  /** Epoch ms. */
  endMs: number;
  /** The last uptime that is known of it. */
  durationMs: number;
}

/** The epoch ms of an uptime; one beyond the boot's duration gets the boot's end. */
export const placedAt = ({ endMs, durationMs }: Placed, uptimeMs: number): number =>
  Math.round(endMs - Math.max(0, durationMs - uptimeMs));
