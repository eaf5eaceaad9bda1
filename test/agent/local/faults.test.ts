import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  createFaults,
  type Fault,
  serviceQuotas,
  throttled,
  unavailable,
} from "../../../agent/local/faults.ts";
import { refusals } from "../../support/cloudwatch-facts.ts";
import { makeStream, sdkClient, startEndpoint } from "../../support/local-endpoint.ts";

const nowMs = Date.now();
const stream = { logGroupName: "g", logStreamName: "s" };

const startWithStream = async () => {
  const { endpoint, client } = await startEndpoint();
  await makeStream(client);
  return { endpoint, client };
};

const put = (client: CloudWatchLogs) =>
  client.putLogEvents({ ...stream, logEvents: [{ timestamp: nowMs, message: "m" }] });

const countStored = async (client: CloudWatchLogs): Promise<number | undefined> =>
  (await client.getLogEvents(stream)).events?.length;

describe("fault", () => {
  it("answers the next calls of an action with an error, then ends", async () => {
    const { endpoint, client } = await startWithStream();
    endpoint.faults.next(throttled, { times: 2, action: "PutLogEvents" });

    const stored = await countStored(client);
    const outcomes = await Promise.allSettled([put(client), put(client), put(client)]);

    expect(stored).toBe(0);
    expect(outcomes.filter(({ status }) => status === "rejected")).toMatchObject([
      { reason: refusals.throttled },
      { reason: refusals.throttled },
    ]);
    expect(await countStored(client)).toBe(1);
    expect(endpoint.faults.injected).toEqual({ ThrottlingException: 2 });
  });

  it("answers with a status of its own", async () => {
    const { endpoint, client } = await startWithStream();
    endpoint.faults.next(unavailable);
    endpoint.faults.next({ kind: "error", name: "Odd", message: "odd", status: 418 });

    const first = put(client);
    await expect(first).rejects.toMatchObject({
      name: "ServiceUnavailableException",
      $metadata: { httpStatusCode: 503 },
    });
    const second = put(client);

    await expect(second).rejects.toMatchObject({ $metadata: { httpStatusCode: 418 } });
  });

  it.each([
    { kind: "cut-before", stored: 0 },
    { kind: "cut-after", stored: 1 },
  ] as const)("$kind drops the connection with $stored stored", async ({ kind, stored }) => {
    const { endpoint, client } = await startWithStream();
    endpoint.faults.next({ kind });

    const answer = put(client);

    await expect(answer).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await countStored(client)).toBe(stored);
  });

  it("cut-after drops the connection of a call that is refused as well", async () => {
    const { endpoint, client } = await startEndpoint();
    endpoint.faults.next({ kind: "cut-after" });

    const answer = put(client);

    await expect(answer).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(endpoint.tally.refusals).toEqual({ ResourceNotFoundException: 1 });
  });

  it("apply-late stores after the connection has dropped", async () => {
    const { endpoint, client } = await startWithStream();
    endpoint.faults.next({ kind: "apply-late", delayMs: 100, isCut: true });

    const answer = put(client);

    await expect(answer).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await countStored(client)).toBe(0);
    await vi.waitFor(async () => expect(await countStored(client)).toBe(1));
  });

  it.each([
    { fault: { kind: "apply-late", delayMs: 150 }, storedMeanwhile: 0 },
    { fault: { kind: "delay", delayMs: 150 }, storedMeanwhile: 1 },
  ] as const)("$fault.kind lets the caller wait", async ({ fault, storedMeanwhile }) => {
    const { endpoint, client } = await startWithStream();
    endpoint.faults.next(fault, { action: "PutLogEvents" });

    const answer = put(client);
    await vi.waitFor(() => expect(endpoint.faults.injected).toEqual({ [fault.kind]: 1 }));
    const stored = await countStored(client);

    expect(stored).toBe(storedMeanwhile);
    await expect(answer).resolves.toBeDefined();
    expect(await countStored(client)).toBe(1);
  });

  it("show-late hides the events of a call", async () => {
    let clockMs = nowMs;
    const { endpoint, client } = await startEndpoint({ nowMs: () => clockMs });
    await makeStream(client);
    endpoint.faults.next({ kind: "show-late", delayMs: 5_000 }, { action: "PutLogEvents" });

    await put(client);
    const before = await countStored(client);
    clockMs += 5_000;

    expect([before, await countStored(client)]).toEqual([0, 1]);
  });

  it("throttles calls above a rate, of one action", async () => {
    let clockMs = nowMs;
    const { endpoint, client } = await startEndpoint({ nowMs: () => clockMs });
    await makeStream(client);
    endpoint.faults.throttleAbove(3, "PutLogEvents");
    const burst = async (): Promise<number> => {
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => put(client)));
      return outcomes.filter(({ status }) => status === "fulfilled").length;
    };

    const first = await burst();
    clockMs += 1_000;

    expect([first, await burst()]).toEqual([3, 3]);
    expect(await countStored(client)).toBe(6);
  });

  it("ends a call it holds back when the endpoint stops", async () => {
    const { endpoint, client } = await startWithStream();
    endpoint.faults.next({ kind: "delay", delayMs: 3_600_000 });

    const answer = put(client).catch(() => "lost");
    await vi.waitFor(() => expect(endpoint.faults.injected).toEqual({ delay: 1 }));
    await endpoint.stop();

    expect(await answer).toBe("lost");
  });

  it("holds back many calls at once without a warning of too many listeners", async () => {
    const { endpoint, client } = await startWithStream();
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => {
      warnings.push(name);
    };
    process.on("warning", onWarning);
    onTestFinished(() => {
      process.off("warning", onWarning);
    });
    endpoint.faults.next({ kind: "delay", delayMs: 50 }, { times: 20 });

    await Promise.all(Array.from({ length: 20 }, () => put(client)));

    expect(warnings).not.toContain("MaxListenersExceededWarning");
  });

  it("spares calls that are not signed well", async () => {
    const { endpoint } = await startWithStream();
    endpoint.faults.next(throttled);
    const stranger = sdkClient(endpoint.url, 3_600_000);

    await put(stranger).catch(() => undefined);

    expect(endpoint.faults.injected).toEqual({});
  });
});

const drawMany = (seed: number, times: number): (Fault | undefined)[] => {
  const faults = createFaults();
  faults.strike(seed, [
    { fault: throttled, probability: 0.2 },
    { fault: unavailable, probability: 0.05 },
    { fault: { kind: "cut-after" }, probability: 0.02, action: "PutLogEvents" },
  ]);
  return Array.from({ length: times }, () => faults.draw("PutLogEvents", 0));
};

describe("faults by chance", () => {
  it("strike as often as told", () => {
    const drawn = drawMany(7, 20_000);

    const share = (fault: Fault): number =>
      drawn.filter((one) => JSON.stringify(one) === JSON.stringify(fault)).length / drawn.length;
    expect(share(throttled)).toBeCloseTo(0.2, 1);
    expect(share(unavailable)).toBeCloseTo(0.05, 2);
    expect(share({ kind: "cut-after" })).toBeCloseTo(0.02, 2);
  });

  it("are the same for the same seed", () => {
    expect(drawMany(3, 500)).toEqual(drawMany(3, 500));
    expect(drawMany(3, 500)).not.toEqual(drawMany(4, 500));
  });

  it("spare other actions", () => {
    const faults = createFaults();
    faults.strike(1, [{ fault: throttled, probability: 1, action: "PutLogEvents" }]);

    expect(faults.draw("GetLogEvents", 0)).toBeUndefined();
  });

  it("end when cleared, and stay counted", () => {
    const faults = createFaults();
    faults.strike(1, [{ fault: throttled, probability: 1 }]);
    faults.draw("PutLogEvents", 0);

    faults.clear();

    expect(faults.draw("PutLogEvents", 0)).toBeUndefined();
    expect(faults.injected).toEqual({ ThrottlingException: 1 });
  });

  it("know the service's quotas", () => {
    expect(serviceQuotas).toEqual({
      PutLogEvents: 5_000,
      CreateLogStream: 50,
      DescribeLogStreams: 25,
    });
  });
});
