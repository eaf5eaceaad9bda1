/** The local CloudWatch Logs endpoint with faults: `node endpoint-process.js <EndpointProcessOptions as JSON>`. */
import { createChance } from "../../../agent/local/chance.ts";
import { createEndpoint } from "../../../agent/local/endpoint.ts";
import { throttled, unavailable } from "../../../agent/local/faults.ts";

export interface EndpointProcessOptions {
  directory: string;
  port: number;
  accessKeyId: string;
  secretAccessKey: string;
  seed: number;
}

/** What the parent asks for: the end of all faults. */
export type EndpointOrder = "mend";

/** What it hears: faults so far, by kind. `ready` with the first. */
export interface EndpointReport {
  injected: Record<string, number>;
}

const reportEveryMs = 200;

/** What was written is seen at once, soon, or, one call in ten, later than the agent waits. */
const visibility = { soonMs: 1_000, lateShare: 0.1, lateMs: 3_500, latestMs: 5_000 };

const failure = {
  kind: "error",
  name: "InternalFailure",
  message: "The request processing has failed.",
  status: 500,
} as const;

const put = { action: "PutLogEvents" };

const main = async ({ seed, ...options }: EndpointProcessOptions): Promise<void> => {
  const { soonMs, lateShare, lateMs, latestMs } = visibility;
  const random = createChance(seed);
  let isMended = false;
  const endpoint = await createEndpoint({
    ...options,
    visibilityDelayMs() {
      if (isMended) return 0;
      const isLate = random() < lateShare;
      return isLate ? lateMs + random() * (latestMs - lateMs) : random() * soonMs;
    },
  });
  endpoint.faults.strike(seed, [
    { fault: throttled, probability: 0.08, ...put },
    { fault: unavailable, probability: 0.05 },
    { fault: failure, probability: 0.02, ...put },
    { fault: { kind: "cut-before" }, probability: 0.02, ...put },
    { fault: { kind: "cut-after" }, probability: 0.03, ...put },
    { fault: { kind: "apply-late", delayMs: 2_000, isCut: true }, probability: 0.01, ...put },
    { fault: { kind: "delay", delayMs: 1_500 }, probability: 0.02, ...put },
  ]);
  const report = (): void => {
    process.send?.({ injected: { ...endpoint.faults.injected } } satisfies EndpointReport);
  };
  process.on("message", (order: EndpointOrder) => {
    if (order !== "mend") return;
    isMended = true;
    endpoint.faults.clear();
  });
  process.once("disconnect", () => process.exit(1));
  process.once("SIGTERM", () => void endpoint.stop().then(() => process.exit(0)));
  report();
  setInterval(report, reportEveryMs);
};

await main(JSON.parse(process.argv[2] as string) as EndpointProcessOptions);
