import { setTimeout as wait } from "node:timers/promises";
import { givenTo } from "./child.ts";
import { createDeviceSender, scratchBytesFor } from "./device-sender.ts";
import { createTemplates } from "./frames.ts";
import { createPeerSender } from "./peer-sender.ts";
import type { Sender } from "./sender.ts";

/** What the process is told as it starts. */
export interface LoadArguments {
  port: number;
  devices: number;
  frameEvents: number;
  /** Events a second of all devices together; 0 for as many as their windows let through. */
  rate: number;
  /** Messages of one event for the peer, not frames. */
  isPeer: boolean;
}

export type LoadQuestion = "run" | "tally" | "stop";

export interface LoadReply {
  /** By device. */
  logged: number[];
  resends: number;
  busy: number;
  /** All that was logged is acked. */
  isDone: boolean;
}

const connectingLimit = 200;
const tickMs = 5;
const sweepMs = 1_000;
const doneLimitMs = 120_000;

const { port, devices, frameEvents, rate, isPeer } = givenTo<LoadArguments>();

const createSenders = (): ((index: number) => Sender) => {
  const stepMs = rate === 0 ? 0 : (devices * 1_000) / rate;
  const templates = createTemplates({ frameEvents, stepMs });
  const scratch = Buffer.alloc(scratchBytesFor(templates) + 1_024);
  return (index) =>
    isPeer
      ? createPeerSender({ port, index, frameEvents, scratch })
      : createDeviceSender({ port, index, templates, scratch });
};

const until = async (isReached: () => boolean, limitMs: number): Promise<boolean> => {
  const untilMs = performance.now() + limitMs;
  while (!isReached()) {
    if (performance.now() > untilMs) return false;
    await wait(tickMs);
  }
  return true;
};

/** Offers frames in turn at the rate, until the timer is cleared. */
const pace = (senders: readonly Sender[]): NodeJS.Timeout => {
  const startMs = performance.now();
  const frameMs = (1_000 * frameEvents) / rate;
  let offered = 0;
  return setInterval(() => {
    const due = Math.floor((performance.now() - startMs) / frameMs);
    for (; offered < due; offered++) {
      (senders[offered % senders.length] as Sender).offer(startMs + offered * frameMs);
    }
  }, tickMs);
};

const senders: Sender[] = [];
const createSender = createSenders();
for (let index = 0; index < devices; index++) {
  senders.push(createSender(index));
  if (index % connectingLimit > 0) continue;
  await until(() => senders.every((sender) => sender.isUp()), 30_000);
}
if (!(await until(() => senders.every((sender) => sender.isUp()), 60_000))) {
  throw new Error(`Cannot connect all of ${devices} devices`);
}
// A boot's first frame defines its sites: what is measured begins after it.
await until(() => senders.every((sender) => sender.isDone()), 60_000);
setInterval(() => {
  for (const sender of senders) sender.sweep(performance.now());
}, sweepMs);

const replyOf = (isDone: boolean): LoadReply => {
  const counts = senders.map((sender) => sender.counts());
  const sum = (name: "resends" | "busy"): number =>
    counts.reduce((total, each) => total + each[name], 0);
  const logged = counts.map((each) => each.logged);
  return { logged, resends: sum("resends"), busy: sum("busy"), isDone };
};

let timer: NodeJS.Timeout | undefined;

const answer = async (question: LoadQuestion): Promise<LoadReply> => {
  if (question === "run") {
    if (rate > 0) timer = pace(senders);
    else for (const sender of senders) sender.saturate();
  }
  if (question !== "stop") return replyOf(false);
  clearInterval(timer);
  for (const sender of senders) sender.stop();
  return replyOf(await until(() => senders.every((sender) => sender.isDone()), doneLimitMs));
};

process.on("message", (question: LoadQuestion) => {
  void answer(question).then((reply) => process.send?.(reply));
});
process.once("disconnect", () => process.exit());
process.send?.(replyOf(false));
