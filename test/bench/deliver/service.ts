import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { AWSCloudWatchLogs, type ResponseTable } from "../../../agent/cloudwatch/client.ts";
import type { ServiceArguments, ServiceReport } from "./service-process.ts";

/** The local endpoint in a process of its own, so that its CPU time is not ours. */
export interface Service {
  /** A client as the agent makes one. */
  connect(gzip: boolean): AWSCloudWatchLogs;
  /** PutLogEvents calls and stored events since the start. */
  tally(): Promise<ServiceReport>;
  /** Deletes the group, if there is one, and makes it with these streams. */
  makeGroup(group: string, streams: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL("./service-process.js", import.meta.url));
const keys = { accessKeyId: "AKIDBENCHMARK", secretAccessKey: "secret-of-the-benchmark" };
const region = "us-east-1";
const creators = 32;

const must = async (call: Promise<ResponseTable>): Promise<void> => {
  const table = await call;
  if ("error" in table || table.statuscode !== 200) throw new Error(JSON.stringify(table));
};

const makeGroup = async (
  client: AWSCloudWatchLogs,
  logGroupName: string,
  streams: readonly string[],
): Promise<void> => {
  await client.action("DeleteLogGroup", { logGroupName });
  await must(client.action("CreateLogGroup", { logGroupName }));
  const names = streams.values();
  const create = async (): Promise<void> => {
    for (const logStreamName of names) {
      await must(client.action("CreateLogStream", { logGroupName, logStreamName }));
    }
  };
  await Promise.all(Array.from({ length: creators }, create));
};

/** Starts an endpoint that keeps its events in `directory`. */
export const startService = async (directory: string, callMs: number): Promise<Service> => {
  const given: ServiceArguments = { directory, ...keys, callMs };
  const child = fork(entry, [JSON.stringify(given)], { execArgv: [] });
  const report = async (): Promise<ServiceReport> => {
    const [message] = await once(child, "message");
    return message as ServiceReport;
  };
  const { url: endpoint } = await report();
  const connect = (gzip: boolean): AWSCloudWatchLogs =>
    new AWSCloudWatchLogs(region, keys.accessKeyId, keys.secretAccessKey, {
      endpoint,
      gzip,
      attempts: 1,
      environment: {},
    });
  const client = connect(false);
  return {
    connect,
    tally() {
      child.send("tally");
      return report();
    },
    makeGroup: (group, streams) => makeGroup(client, group, streams),
    async stop() {
      await client.close();
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
};
