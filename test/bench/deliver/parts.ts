import { createHash } from "node:crypto";
import { AWSCloudWatchLogs } from "../../../agent/cloudwatch/client.ts";
import { pack } from "../../../agent/cloudwatch/compress.ts";
import { encodeAction } from "../../../agent/cloudwatch/encode.ts";
import type { Attempt } from "../../../agent/cloudwatch/faults.ts";
import { createSigner } from "../../../agent/cloudwatch/sign.ts";
import { decodeFrame } from "../../../shared/codec/decode.ts";
import type { LogEvent } from "../../../shared/event.ts";
import { render } from "../../../shared/render.ts";
import { measureCpuMs, rounded } from "../measure.ts";
import type { Fleet } from "./fleet.ts";
import { deliverSpool, type RunOptions } from "./run.ts";

/** CPU seconds a million events, by part of the work. */
export type Parts = Record<string, number>;

const keptBytes = 8_388_608;
const answer: Attempt = { kind: "response", statuscode: 200, headers: {}, body: "{}" };

/** Says yes to every call at once; keeps the first bodies. */
class AgreeingCloudWatchLogs extends AWSCloudWatchLogs {
  readonly bodies: Uint8Array[] = [];
  #bytes = 0;

  constructor() {
    super("us-east-1", "AKIDBENCHMARK", "secret", { environment: {} });
  }

  override attemptEncoded(actionType: string, body: Uint8Array): Promise<Attempt> {
    if (actionType === "PutLogEvents" && this.#bytes < keptBytes) {
      this.bodies.push(body);
      this.#bytes += body.length;
    }
    return Promise.resolve(answer);
  }
}

interface PutParams {
  logGroupName: string;
  logStreamName: string;
  logEvents: { timestamp: number; message: string }[];
}

const parse = (body: Uint8Array): PutParams => JSON.parse(Buffer.from(body).toString());

/** CPU seconds a million events of `work`, which does so many events at once. */
const secondsOf = async (events: number, work: () => unknown): Promise<number> =>
  rounded(((await measureCpuMs(work)) * 1_000) / events);

const signBodies = (bodies: readonly Uint8Array[]): (() => Promise<void>) => {
  const signer = createSigner({ region: "us-east-1" });
  const credentials = { accessKeyId: "AKIDBENCHMARK", secretAccessKey: "secret" };
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Logs_20140328.PutLogEvents",
    "user-agent": "fleetlog",
  };
  const host = "logs.us-east-1.amazonaws.com";
  // An empty body: its hash costs next to nothing, and is a part of its own.
  const request = { method: "POST", host, path: "/", headers, body: new Uint8Array() };
  return async () => {
    for (const _body of bodies) await signer.sign(request, credentials, Date.now());
  };
};

/** What happens to a whole body, once a call. */
const measureCalls = async (bodies: readonly Uint8Array[]): Promise<Parts> => {
  const events = bodies.reduce((sum, body) => sum + parse(body).logEvents.length, 0);
  return {
    hash: await secondsOf(events, () => {
      for (const body of bodies) createHash("sha256").update(body).digest("hex");
    }),
    sign: await secondsOf(events, signBodies(bodies)),
    compress: await secondsOf(events, async () => {
      for (const body of bodies) await pack(body);
    }),
  };
};

const sampleFrames = 200;

const framesOf = (fleet: Fleet): Uint8Array[] =>
  Array.from({ length: sampleFrames }, (_, index) => {
    const sending = { sendUptimeMs: 1e9, ackId: 1, ackUptimeMs: 1e9 };
    return fleet.encode(index % fleet.devices, index % fleet.frames, sending);
  });

const eventsOf = (frames: readonly Uint8Array[]): LogEvent[] =>
  frames.flatMap((bytes) => {
    const decoded = decodeFrame(bytes);
    const body = decoded.ok ? decoded.frame.body : undefined;
    return body?.kind === "entries" ? body.entries.filter((entry) => entry.kind === "event") : [];
  });

/** What happens to each event, once or more. */
const measureEvents = async (fleet: Fleet, body: Uint8Array): Promise<Parts> => {
  const frames = framesOf(fleet);
  const events = eventsOf(frames);
  const params = parse(body);
  const messages: unknown[] = params.logEvents.map(({ message }) => JSON.parse(message));
  return {
    decode: await secondsOf(events.length, () => {
      for (const bytes of frames) decodeFrame(bytes);
    }),
    render: await secondsOf(events.length, () => {
      for (const { site, values } of events) render(site.format, values);
    }),
    json: await secondsOf(messages.length, () => {
      for (const message of messages) JSON.stringify(message);
    }),
    encode: await secondsOf(messages.length, () => {
      const encoded = encodeAction("PutLogEvents", params);
      if (encoded.ok) Buffer.from(encoded.text);
    }),
  };
};

export interface PartsOptions extends Omit<RunOptions, "cloudwatch" | "events"> {
  fleet: Fleet;
  /** Also what each event costs, not only each call. */
  isWithEvents: boolean;
}

/**
 * The parts of delivery. `spoolToBody` is the agent's whole delivery with calls answered at once: it
 * holds `decode`, `render`, `json` of the message and `encode` of the request, besides reading,
 * stamping, batching, intents and settling.
 */
export const measureParts = async ({ fleet, ...run }: PartsOptions): Promise<Parts> => {
  const cloudwatch = new AgreeingCloudWatchLogs();
  const { cost } = await deliverSpool({ ...run, cloudwatch, events: fleet.totalEvents });
  await cloudwatch.close();
  const { bodies } = cloudwatch;
  const [body] = bodies;
  if (body === undefined) throw new Error("no call was made");
  return {
    spoolToBody: rounded((cost.cpuMs * 1_000) / fleet.totalEvents),
    ...(run.isWithEvents ? await measureEvents(fleet, body) : {}),
    ...(await measureCalls(bodies)),
  };
};
