import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createAgentRuns } from "../day/agent-runs.ts";
import { freePort } from "../free-port.ts";
import { startChild } from "./child.ts";
import type { EndpointArguments } from "./endpoint-process.ts";
import type { Flags } from "./flags.ts";
import type { PeerArguments, PeerReply } from "./peer-process.ts";
import { cpuSecondsOf, peakResidentMbOf } from "./resources.ts";
import type { ServiceArguments, ServiceQuestion, ServiceReply } from "./service-process.ts";
import type { Service, Subject } from "./side.ts";

const keys = { accessKeyId: "AKIDBENCHMARK", secretAccessKey: "secret-of-the-benchmark" };

/** The endpoint, in a process of its own: one that only counts, or where calls must be read back ours. */
export const startService = async (
  directory: string,
  { callMs, throttle, kills }: Flags,
): Promise<{ service: Service; url: string }> => {
  const counting: ServiceArguments = { callMs, throttle };
  const reading: EndpointArguments = {
    directory: join(directory, "logs"),
    group: "/fleetlog/bench",
    ...keys,
  };
  const { child, first } = await startChild<ServiceQuestion, ServiceReply>(
    kills > 0
      ? { entry: "endpoint-process.js", given: reading }
      : { entry: "service-process.js", given: counting },
  );
  return { service: child, url: first.url };
};

const settingsText = (
  directory: string,
  port: number,
  { stream, gzip, flushMs, callsPerSecond }: Flags,
): string => `
data = ${JSON.stringify(join(directory, "agent"))}
fleet = "bench"
[mqtt]
port = ${port}
[cloudwatch]
stream = "${stream}"
gzip = ${gzip}
[delivery]
flushAfterMs = ${flushMs}
callsPerSecond = ${callsPerSecond}
unknownOutcomeWaitMs = 2000
`;

/** `fleetlog start`, as users run it. */
export const startAgent = async (
  directory: string,
  url: string,
  flags: Flags,
): Promise<Subject & { stop(): Promise<void> }> => {
  const port = await freePort();
  const config = join(directory, "fleetlog.toml");
  await writeFile(config, settingsText(directory, port, flags));
  const runs = createAgentRuns({
    config,
    environment: {
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url,
    },
    nodeFlags:
      flags.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${resolve(flags.profile)}`],
  });
  await runs.start();
  let endedCpuSeconds = 0;
  return {
    port,
    isPeer: false,
    cpuSeconds: () => endedCpuSeconds + cpuSecondsOf(runs.pid()),
    peakResidentMb: () => peakResidentMbOf(runs.pid()),
    async disturb(forMs) {
      for (let kill = 0; kill < flags.kills; kill++) {
        await wait(forMs / (flags.kills + 1));
        endedCpuSeconds += cpuSecondsOf(runs.pid());
        await runs.kill();
        await runs.start();
      }
    },
    async stop() {
      await runs.stop();
    },
  };
};

/** Aedes and AWS's own client in one process: what people write who have no agent. */
export const startPeer = async (
  endpoint: string,
  { flushMs }: Flags,
): Promise<Subject & { stop(): Promise<void> }> => {
  const given: PeerArguments = { endpoint, flushMs };
  const { child, first } = await startChild<object, PeerReply>({ entry: "peer-process.js", given });
  return {
    port: first.port,
    isPeer: true,
    cpuSeconds: () => cpuSecondsOf(child.pid),
    peakResidentMb: () => peakResidentMbOf(child.pid),
    disturb: async () => {},
    stop: child.stop,
  };
};
