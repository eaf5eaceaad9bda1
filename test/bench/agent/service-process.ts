import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { givenTo } from "./child.ts";
import { createLatencies } from "./latency.ts";
import { createLedger, type LedgerVerdict } from "./ledger.ts";
import { parseEvents, scanBody } from "./scan.ts";

/** What the process is told as it starts. */
export interface ServiceArguments {
  /** How long each PutLogEvents call takes. */
  callMs: number;
  /** Share of the PutLogEvents calls that are throttled, 0 to 1. */
  throttle: number;
}

export type ServiceQuestion =
  | { kind: "tally" }
  /** Latencies count from now on. */
  | { kind: "mark" }
  /** All calls are throttled for so long. */
  | { kind: "throttle"; ms: number }
  /** Nothing listens for so long; calls under way are answered. */
  | { kind: "leave"; ms: number }
  /** What of this came, by device. */
  | { kind: "judge"; logged: number[] };

export interface ServiceReply extends LedgerVerdict {
  url: string;
  /** PutLogEvents calls that were accepted. */
  calls: number;
  throttled: number;
  /** When the last of them was, epoch ms. */
  lastEpochMs: number;
  /** From log call to acceptance, since the mark. */
  p50Ms: number | null;
  p99Ms: number | null;
}

/** One body in so many is parsed as well, and compared. */
const checkedBodies = 997;

const { callMs, throttle } = givenTo<ServiceArguments>();
const ledger = createLedger();
const latencies = createLatencies();
let calls = 0;
let throttled = 0;
let lastEpochMs = 0;
let throttledUntilMs = 0;
let logged: number[] = [];

const check = (text: string): void => {
  const found: number[] = [];
  const wanted: number[] = [];
  scanBody(text, (...event) => found.push(...event));
  parseEvents(text, (...event) => wanted.push(...event));
  if (found.length !== wanted.length || found.some((part, at) => part !== wanted[at])) {
    throw new Error(`Cannot count a body: ${text.slice(0, 400)}`);
  }
};

const accept = (body: Buffer): void => {
  const text = body.toString("latin1");
  if (calls++ % checkedBodies === 0) check(text);
  const nowMs = Date.now();
  scanBody(text, (device, seq, timestamp) => {
    ledger.take(device, seq);
    latencies.add(nowMs - timestamp);
  });
  lastEpochMs = nowMs;
};

const answer = (response: ServerResponse, status: number, body: string): void => {
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    "content-length": body.length,
    "x-amzn-requestid": "00000000-0000-0000-0000-000000000000",
  });
  response.end(body);
};

const refuse = (response: ServerResponse, name: string, message: string): void =>
  answer(response, 400, JSON.stringify({ __type: name, message }));

const serve = (action: string, body: Buffer, response: ServerResponse): void => {
  if (action === "GetLogEvents") {
    refuse(response, "AccessDeniedException", "reading is not permitted");
  } else if (action !== "PutLogEvents") answer(response, 200, "{}");
  else if (performance.now() < throttledUntilMs || Math.random() < throttle) {
    throttled++;
    refuse(response, "ThrottlingException", "Rate exceeded");
  } else {
    accept(body);
    answer(response, 200, "{}");
  }
};

const receive = (request: IncomingMessage, response: ServerResponse): void => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const sent = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
    const target = String(request.headers["x-amz-target"]);
    const action = target.slice(target.indexOf(".") + 1);
    if (callMs > 0) setTimeout(serve, callMs, action, body, response);
    else serve(action, body, response);
  });
};

const server = createServer({ keepAliveTimeout: 60_000 }, receive);

const listen = (port: number): Promise<void> =>
  new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));

await listen(0);
const { port } = server.address() as AddressInfo;

const leave = async (ms: number): Promise<void> => {
  const isClosed = new Promise((resolve) => server.close(resolve));
  const closing = setInterval(() => server.closeIdleConnections(), 10);
  await isClosed;
  clearInterval(closing);
  await wait(ms);
  await listen(port);
};

const reply = (): ServiceReply => ({
  url: `http://127.0.0.1:${port}`,
  calls,
  throttled,
  lastEpochMs,
  p50Ms: latencies.percentile(0.5),
  p99Ms: latencies.percentile(0.99),
  ...ledger.verdict(logged),
});

process.on("message", (question: ServiceQuestion) => {
  if (question.kind === "mark") latencies.clear();
  else if (question.kind === "throttle") throttledUntilMs = performance.now() + question.ms;
  else if (question.kind === "leave") void leave(question.ms);
  else if (question.kind === "judge") logged = question.logged;
  process.send?.(reply());
});
process.once("disconnect", () => process.exit());
process.send?.(reply());
