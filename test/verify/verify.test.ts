import { describe, expect, it, onTestFinished } from "vitest";
import type { EndpointOptions } from "../../agent/local/endpoint.ts";
import { startEndpoint, testKeys } from "../support/local-endpoint.ts";
import { openAccount } from "./account.ts";
import { checkCount, verify } from "./verify.ts";

const group = "/fleetlog/verify-test";

const startVerification = async (options: Partial<EndpointOptions> = {}) => {
  const { endpoint, client } = await startEndpoint(options);
  const account = openAccount({
    region: "us-east-1",
    endpoint: endpoint.url,
    credentials: async () => testKeys,
    group,
    visibleWithinMs: 200,
  });
  onTestFinished(() => account.close());
  const lines: string[] = [];
  const stopping = new AbortController();
  const write = (text: string) => lines.push(text);
  return {
    endpoint,
    client,
    stopping,
    lines,
    run: () => verify({ account, signal: stopping.signal, write }),
  };
};

describe("verification", () => {
  it("finds no difference in the local endpoint", async () => {
    const { run } = await startVerification();

    const found = await run();

    expect(found).toEqual({ checked: checkCount, differences: [], isCleanedUp: true });
  });

  it("reports an answer that differs, with what was expected and seen", async () => {
    const { endpoint, lines, run } = await startVerification();
    const fault = { kind: "error", name: "AccessDeniedException", message: "No" } as const;
    endpoint.faults.next(fault, { action: "DeleteLogStream" });

    const { differences } = await run();

    expect(differences[0]).toEqual({
      name: "deletes a stream",
      expected: "200",
      seen: "400 AccessDeniedException: No",
    });
    expect(lines.join("")).toContain("seen     400 AccessDeniedException: No");
  });

  it("reports a server that does not know gzip", async () => {
    const { run } = await startVerification({ acceptGzip: false });

    const { differences } = await run();

    expect(differences.map(({ name }) => name)).toEqual(["keeps a compressed body"]);
  });

  it("reports events that stay invisible", async () => {
    const { run } = await startVerification({ visibilityDelayMs: 60_000 });

    const { differences } = await run();

    expect(differences[0]).toMatchObject({
      name: "shows an event in time",
      seen: "200, not seen within 200 ms",
    });
  });

  it("stops where there is no group to check", async () => {
    const { endpoint, run } = await startVerification();
    const fault = { kind: "error", name: "AccessDeniedException", message: "No" } as const;
    endpoint.faults.next(fault, { action: "CreateLogGroup" });

    const { checked, differences } = await run();

    expect(checked).toBe(1);
    expect(differences).toMatchObject([{ seen: "400 AccessDeniedException: No" }]);
  });

  it("deletes the group when it is interrupted", async () => {
    const { client, stopping, run } = await startVerification({ visibilityDelayMs: 60_000 });

    const running = run();
    await expect.poll(async () => (await client.describeLogGroups({})).logGroups).toHaveLength(1);
    stopping.abort();
    const { checked } = await running;

    expect(checked).toBeLessThan(checkCount);
    expect((await client.describeLogGroups({})).logGroups).toEqual([]);
  });

  it("says so when the group cannot be deleted", async () => {
    const { endpoint, lines, run } = await startVerification();
    const fault = { kind: "error", name: "AccessDeniedException", message: "No" } as const;
    endpoint.faults.next(fault, { action: "DeleteLogGroup", times: 3 });

    const { isCleanedUp } = await run();

    expect(isCleanedUp).toBe(false);
    expect(lines.at(-1)).toBe(
      `Cannot delete log group "${group}": 400 AccessDeniedException: No, delete it by hand if it is there\n`,
    );
  });
});
