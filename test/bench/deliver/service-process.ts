import { createEndpoint, type Endpoint } from "../../../agent/local/endpoint.ts";

/** What the process is told, as its one argument in JSON. */
export interface ServiceArguments {
  directory: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** How long each PutLogEvents call takes besides the work. */
  callMs: number;
}

/** What the process says: once when it is ready, then once for each question. */
export interface ServiceReport {
  url: string;
  events: number;
  calls: number;
}

const reportOf = ({ url, tally }: Endpoint): ServiceReport => ({
  url,
  events: tally.events,
  calls: tally.calls.PutLogEvents ?? 0,
});

const { callMs, ...options } = JSON.parse(process.argv[2] ?? "{}") as ServiceArguments;
const endpoint = await createEndpoint(options);
if (callMs > 0) {
  const fault = { kind: "delay", delayMs: callMs } as const;
  endpoint.faults.strike(1, [{ fault, probability: 1, action: "PutLogEvents" }]);
}
process.send?.(reportOf(endpoint));
process.on("message", () => process.send?.(reportOf(endpoint)));
process.once("disconnect", () => void endpoint.stop());
