import { type DecodedFrame, decodeFrame } from "../shared/codec/decode.ts";
import { encodeAck } from "../shared/codec/downlink.ts";
import type { Boot, FrameHeader } from "../shared/frame.ts";
import { frameLimitBytes } from "../shared/limits.ts";
import { type Source, shardOf } from "../shared/topic.ts";
import type { BootClock } from "./clock.ts";
import type { Device, Devices } from "./devices.ts";
import { AgentError } from "./errors.ts";
import type { Metrics } from "./metrics.ts";
import type { Spool, SpoolUsage } from "./spool/spool.ts";
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
  header: FrameHeader;
  payload: Uint8Array;
  /** Its last entry says that the boot ended. */
  isEnd: boolean;
  arrivalMs: number;
}

/** What an ack says; `clock` is that of the boot, if anything of it is stored. */
interface Answer {
  boot: Boot;
  clock: BootClock | undefined;
  next: number;
  busyMs: number;
}

/** How long a device waits before it sends again when there is no room. */
const noRoomMs = 5_000;

/** Unreadable payloads on their way to the disk; of more than that nothing is kept. */
const buriesLimit = 16;

/**
 * Takes payloads from `up` topics all the way to the spool. A device gets its ack once the frame is
 * synced, and never before.
 */
export const createReceive = (
  options: ReceiveOptions,
): ((source: Source, payload: Uint8Array) => void) => {
  const { devices, metrics, onFatal, onTrouble, time } = options;
  const bury = createBury(options);
  const fail = (cause: unknown): void => {
    const isStopping = cause instanceof AgentError && cause.code === "SPOOL_CLOSED";
    if (!isStopping) onFatal(cause);
  };
  return (source, payload) => {
    metrics.framesReceived++;
    const arrivalMs = time.monotonicMs();
    const shard = shardOf(source.device);
    if (source.shard !== shard) {
      metrics.framesRefused++;
      onTrouble(
        `Refused a frame of device "${source.device}": its topic has shard ${source.shard}, the device's is ${shard}`,
      );
      return;
    }
    const decoded = decode(payload);
    const header = decoded.ok ? decoded.frame.header : decoded.header;
    if (header === null) {
      bury(source.device, payload, decoded).catch(fail);
      return;
    }
    const arrival = { header, payload, isEnd: endsBoot(decoded), arrivalMs };
    const loaded = devices.with(source.device, (device) => {
      admit(options, device, arrival).catch(fail);
    });
    loaded?.catch(fail);
  };
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

type Bury = (device: string, payload: Uint8Array, decoded: DecodedFrame) => Promise<void>;

/** Keeps what no ack can be given for: at most the bytes of a frame, of a payload that exceeds it. */
const createBury = ({ metrics, onTrouble, spool, time }: ReceiveOptions): Bury => {
  let burying = 0;
  return async (device, payload, decoded) => {
    const reason = decoded.ok ? "" : `${decoded.reason} at byte ${decoded.offset}`;
    metrics.framesUnreadable++;
    metrics.deadLetters++;
    if (burying >= buriesLimit) {
      metrics.deadLettersEvicted++;
      return;
    }
    onTrouble(`Cannot read a frame of device "${device}": ${reason}; it is kept as a dead letter`);
    const base64 = Buffer.from(payload.subarray(0, frameLimitBytes)).toString("base64");
    burying++;
    await spool.bury({ device, reason, epochMs: time.epochMs(), content: { base64 } });
    burying--;
  };
};

const admit = (options: ReceiveOptions, device: Device, arrival: Arrival): Promise<void> => {
  const { metrics, spool } = options;
  const { session } = device;
  const { header, payload, arrivalMs } = arrival;
  const { boot } = header;
  const receipt = session.judge(header);
  const lane = options.laneOf(device.id, boot);
  const isNew = receipt.kind === "new";
  if (isNew && spool.hasRoom(lane, payload.length, session.isEmpty())) {
    return store(options, device, arrival, { ...receipt, lane });
  }
  if (isNew) {
    metrics.framesBusy++;
    options.onTrouble(`Cannot store a frame for "${lane}": ${fullness(spool.usage())}`);
  } else if (receipt.kind === "gap") metrics.framesEarly++;
  else metrics.framesDuplicate++;
  const clock = device.clock(boot);
  clock?.observe({ arrivalMs, ...header });
  const next = session.cursor(boot);
  const answer = { boot, clock, next, busyMs: isNew ? noRoomMs : 0 };
  return spool.synced().then(() => ack(options, device.id, answer));
};

const fullness = ({ bytes, limitBytes, devices }: SpoolUsage): string =>
  `the spool holds ${Math.round(bytes / 1_048_576)} of ${Math.round(limitBytes / 1_048_576)} MiB and knows ${devices} devices, its device waits`;

const store = async (
  options: ReceiveOptions,
  device: Device,
  { header, payload, isEnd, arrivalMs }: Arrival,
  { lane, from, lost }: { lane: string; from: number; lost: number },
): Promise<void> => {
  const { metrics, spool } = options;
  const { id, session } = device;
  const { boot } = header;
  const isNewDevice = session.isEmpty();
  const clock = device.startedClock(boot);
  clock.observe({ arrivalMs, ...header });
  const { state, closes, forgotten } = session.advance(header, isEnd);
  forgotten.forEach(device.forget);
  const next = state.cursor;
  const saved = clock.state();
  await spool.append(
    { lane, device: id, boot, from, end: next, lost, closes, bytes: payload },
    { ...state, clock: saved, device: id },
    {
      isNewDevice,
      forget: forgotten.map((old) => ({ boot: old, lane: options.laneOf(id, old) })),
    },
  );
  clock.noteSaved(saved);
  metrics.framesStored++;
  metrics.entriesStored += next - from;
  ack(options, id, { boot, clock, next, busyMs: 0 });
  options.onStored(lane);
};

const ack = (
  { metrics, send, spool, time }: ReceiveOptions,
  device: string,
  { boot, clock, next, busyMs }: Answer,
): void => {
  metrics.acksSent++;
  const payload = encodeAck({
    storeId: spool.storeId,
    ackId: clock?.ackSent(time.monotonicMs()) ?? 0,
    boot,
    next,
    definitions: 0,
    epochMs: Math.floor(time.epochMs()),
    busyMs,
  });
  send(device, payload);
};
