import { AWSCloudWatchLogs } from "../../../agent/cloudwatch/client.ts";
import { readAll } from "../../../agent/demo/read-all.ts";
import { createEndpoint } from "../../../agent/local/endpoint.ts";
import { givenTo } from "./child.ts";
import { createLedger } from "./ledger.ts";
import type { ServiceQuestion, ServiceReply } from "./service-process.ts";

/** What the process is told as it starts. */
export interface EndpointArguments {
  directory: string;
  accessKeyId: string;
  secretAccessKey: string;
  group: string;
}

const { directory, group, ...keys } = givenTo<EndpointArguments>();
const endpoint = await createEndpoint({ directory, ...keys });

interface Message {
  device: string;
  seq: number;
}

const judge = async (logged: readonly number[]): Promise<Partial<ServiceReply>> => {
  const { accessKeyId, secretAccessKey } = keys;
  const client = new AWSCloudWatchLogs("us-east-1", accessKeyId, secretAccessKey, {
    endpoint: endpoint.url,
    environment: {},
  });
  const ledger = createLedger();
  for (const events of await readAll(client, group)) {
    for (const { message } of events) {
      const { device, seq } = JSON.parse(message) as Message;
      ledger.take(Number(device.slice("pump-".length)), seq);
    }
  }
  await client.close();
  return ledger.verdict(logged);
};

let lastEvents = 0;
let lastEpochMs = 0;

const reply = (judged: Partial<ServiceReply>): ServiceReply => {
  const { events, calls } = endpoint.tally;
  if (events > lastEvents) lastEpochMs = Date.now();
  lastEvents = events;
  return {
    url: endpoint.url,
    calls: calls.PutLogEvents ?? 0,
    throttled: 0,
    lastEpochMs,
    p50Ms: null,
    p99Ms: null,
    events,
    missing: 0,
    duplicates: 0,
    outOfOrder: 0,
    ...judged,
  };
};

const answer = async (question: ServiceQuestion): Promise<ServiceReply> =>
  reply(question.kind === "judge" ? await judge(question.logged) : {});

process.on("message", (question: ServiceQuestion) => {
  void answer(question).then((answered) => process.send?.(answered));
});
process.once("disconnect", () => void endpoint.stop());
process.send?.(reply({}));
