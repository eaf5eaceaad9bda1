import { type DecodedFrame, decodeFrame } from "../shared/codec/decode.ts";
import { encodeAck } from "../shared/codec/downlink.ts";
import type { Boot, FrameHeader } from "../shared/frame.ts";
import { frameLimitBytes } from "../shared/limits.ts";
import { type Source, shardOf } from "../shared/topic.ts";
import type { Device, Devices } from "./devices.ts";
import type { Metrics } from "./metrics.ts";
import type { Spool } from "./spool/spool.ts";
import type { Time } from "./time.ts";

export interface ReceiveOptions {
  devices: Devices;
  spool: Spool;
  laneOf(device: string, boot: Boot): string;
  /** Sends bytes to the device. */
  send(device: string, payload: Uint8Array): void;
  /** A frame was stored in the lane. */
  onStored(lane: string): void;
  onTrouble(message: string): void;
  /** The spool failed: nothing more can be promised. */
  onFatal(cause: unknown): void;
  metrics: Metrics;
  time: Time;
}

/** A frame whose header could be read, be its body readable or not. */
interface Arrival {
  device: Device;
  header: FrameHeader;
  payload: Uint8Array;
  /** Its last entry says that the boot ended. */
  isEnd: boolean;
}

/** How long a device waits before it sends again when the spool is full. */
const spoolFullMs = 5_000;

/**
 * Takes payloads from `up` topics all the way to the spool. A device gets its ack once the frame is
 * synced, and never before.
 */
export const createReceive =
  (options: ReceiveOptions): ((source: Source, payload: Uint8Array) => void) =>
  (source, payload) => {
    options.metrics.framesReceived++;
    const shard = shardOf(source.device);
    if (source.shard !== shard) {
      options.onTrouble(
        `Refused a frame of device "${source.device}": its topic has shard ${source.shard}, the device's is ${shard}`,
      );
      return;
    }
    const decoded = decode(payload);
    const header = decoded.ok ? decoded.frame.header : decoded.header;
    const done =
      header === null
        ? bury(options, source, payload, decoded)
        : options.devices.with(source.device, (device) => {
            const arrival = { device, header, payload, isEnd: endsBoot(decoded) };
            admit(options, arrival).catch(options.onFatal);
          });
    done?.catch(options.onFatal);
  };

const decode = (payload: Uint8Array): DecodedFrame => {
  if (payload.length <= frameLimitBytes) return decodeFrame(payload);
  const reason = `${payload.length} bytes where ${frameLimitBytes} is the limit`;
  return { ok: false, fault: "header", offset: 0, reason, header: null };
};

const endsBoot = (decoded: DecodedFrame): boolean =>
  decoded.ok &&
  decoded.frame.body.kind === "entries" &&
  decoded.frame.body.entries.at(-1)?.kind === "end";

const bury = (
  { metrics, onTrouble, spool, time }: ReceiveOptions,
  { device }: Source,
  payload: Uint8Array,
  decoded: DecodedFrame,
): Promise<void> => {
  const reason = decoded.ok ? "" : `${decoded.reason} at byte ${decoded.offset}`;
  metrics.framesUnreadable++;
  metrics.deadLetters++;
  onTrouble(`Cannot read a frame of device "${device}": ${reason}; it is kept as a dead letter`);
  const content = { base64: Buffer.from(payload).toString("base64") };
  return spool.bury({ device, reason, epochMs: time.epochMs(), content });
};

const admit = async (options: ReceiveOptions, arrival: Arrival): Promise<void> => {
  const { metrics, spool, time } = options;
  const { device, header, payload } = arrival;
  const { boot } = header;
  device.clockOf(boot).observe({ arrivalMs: time.monotonicMs(), ...header });
  const receipt = device.session.judge(header);
  if (receipt.kind === "new" && spool.hasRoom(options.laneOf(device.id, boot), payload.length)) {
    return store(options, arrival, receipt);
  }
  if (receipt.kind === "new") metrics.framesBusy++;
  if (receipt.kind === "gap") metrics.framesEarly++;
  if (receipt.kind === "duplicate") metrics.framesDuplicate++;
  const { cursor } = device.session.open(boot);
  device.session.forget().forEach(device.forget);
  await spool.synced();
  ack(options, device, boot, { next: cursor, busyMs: receipt.kind === "new" ? spoolFullMs : 0 });
};

const store = async (
  options: ReceiveOptions,
  { device, header, payload, isEnd }: Arrival,
  found: { from: number; lost: number },
): Promise<void> => {
  const { metrics, spool } = options;
  const { boot } = header;
  const { session } = device;
  const lane = options.laneOf(device.id, boot);
  const closes = session.advance(header, isEnd);
  const forgotten = session.forget();
  forgotten.forEach(device.forget);
  const state = { ...session.open(boot), clock: device.clockOf(boot).state(), device: device.id };
  const { from, lost } = found;
  const next = state.cursor;
  await spool.append(
    { lane, device: device.id, boot, from, end: next, lost, closes, bytes: payload },
    state,
    forgotten,
  );
  device.clockOf(boot).noteSaved(state.clock);
  metrics.framesStored++;
  metrics.entriesStored += next - from;
  ack(options, device, boot, { next, busyMs: 0 });
  options.onStored(lane);
};

const ack = (
  { metrics, send, spool, time }: ReceiveOptions,
  device: Device,
  boot: Boot,
  { next, busyMs }: { next: number; busyMs: number },
): void => {
  metrics.acksSent++;
  const payload = encodeAck({
    storeId: spool.storeId,
    ackId: device.clockOf(boot).ackSent(time.monotonicMs()),
    boot,
    next,
    definitions: 0,
    epochMs: Math.floor(time.epochMs()),
    busyMs,
  });
  send(device.id, payload);
};
