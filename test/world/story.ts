import { decodeHead } from "../../shared/codec/decode.ts";
import { decodeAck } from "../../shared/codec/downlink.ts";
import { bootText } from "../../shared/frame.ts";

/** What a frame says of itself, for people. */
export const frameWords = (payload: Uint8Array): string => {
  const begun = decodeHead(payload);
  if (!begun.ok) return `bytes that are no frame: ${begun.reason}`;
  const { boot, base, first, count, sendUptimeMs, ackId, endedAgoMs } = begun.header;
  const what = begun.head === null ? "tombstone" : begun.isEnd ? "last frame" : "frame";
  const of = endedAgoMs === undefined ? `ack ${ackId}` : "replayed";
  return `${what} ${first} to ${first + count - 1} of boot ${bootText(boot)}, base ${base}, uptime ${sendUptimeMs}, ${of}`;
};

/** What an ack says, for people. */
export const ackWords = (payload: Uint8Array): string => {
  const decoded = decodeAck(payload);
  if (!decoded.ok) return "bytes that are no ack";
  const { ackId, boot, next, definitions, busyMs } = decoded.ack;
  const busy = busyMs > 0 ? `, busy for ${busyMs} ms` : "";
  return `ack ${ackId} of boot ${bootText(boot)}, next ${next}, definitions ${definitions}${busy}`;
};
