import { bootText } from "../../shared/frame.ts";
import type { Device } from "../devices.ts";
import type { Metrics } from "../metrics.ts";
import type { Spool } from "../spool/spool.ts";
import type { Arrival } from "./arrival.ts";
import type { Bury } from "./bury.ts";

export interface DoubledOptions {
  spool: Pick<Spool, "define" | "synced">;
  metrics: Metrics;
  onTrouble(message: string): void;
  bury: Bury;
}

/** Whether a frame may be of another boot that has the same name; the ack of its next will tell. */
export const isDoubtful = ({ clock, session }: Device, { header, timing }: Arrival): boolean =>
  header.ackId > 0 &&
  !session.isDoubled(header.boot) &&
  clock(header.boot)?.doubts(timing) === true;

/**
 * Whether entries that a later boot sends begin below the cursor and end above it. A boot's own lie in
 * flash as they were sealed and sent, and are stored whole, unless a repair has moved the cursor.
 */
const isAstride = ({ session }: Device, { head, header }: Arrival): boolean => {
  const { boot, count, endedAgoMs, first } = header;
  if (head === null || endedAgoMs === undefined || session.isCutBack(boot)) return false;
  const cursor = session.cursor(boot);
  return first < cursor && cursor < first + count;
};

/** Whether the frame shows that its boot's name is another's as well. */
const isOther = (device: Device, arrival: Arrival): boolean => {
  const { clock, session } = device;
  const { header, openingCrc, timing } = arrival;
  const { ackId, boot, count, first } = header;
  if (isAstride(device, arrival)) return true;
  if (ackId > 0 && clock(boot)?.refutes(timing) === true) return true;
  return openingCrc !== null && session.isOther(boot, [first, first + count, openingCrc]);
};

/**
 * A device whose flash was copied, or whose entropy repeats, uses the name of a boot twice. From when
 * that is noticed each frame with seqs that are stored may be of the other boot: it is no duplicate,
 * but a dead letter. Null where the boot is not known to be doubled, or all of the frame is new;
 * resolves once all is synced.
 */
export const keepDoubled = (
  options: DoubledOptions,
  device: Device,
  arrival: Arrival,
): Promise<unknown> | null => {
  const { header, payload } = arrival;
  const { boot, first } = header;
  const { id, session } = device;
  const isNoticed = !session.isDoubled(boot) && isOther(device, arrival);
  if (!isNoticed && !session.isDoubled(boot)) return null;
  const isStored = first < session.cursor(boot);
  if (!isNoticed && !isStored) return null;
  const { bury, metrics, onTrouble, spool } = options;
  const reason = `another boot has the name ${bootText(boot)}`;
  metrics.framesDoubled++;
  if (!isStored) onTrouble(`Cannot tell boots of device "${id}" apart: ${reason}`);
  const buried = isStored ? bury(id, payload, reason) : null;
  return Promise.all([buried, isNoticed ? double(options, device, arrival) : spool.synced()]);
};

/** Notes for good that the boot's name is another's as well. */
const double = (
  { spool }: DoubledOptions,
  { clock, id, session }: Device,
  { header: { boot } }: Arrival,
): Promise<void> => {
  const state = session.double(boot);
  const known = clock(boot);
  if (state === null || known === undefined) return spool.synced();
  known.share();
  return spool.define({ ...state, clock: known.state(), device: id }, null);
};
