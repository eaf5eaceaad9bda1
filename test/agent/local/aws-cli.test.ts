import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { commandPath } from "../../support/debian.ts";
import { scratchDirectory, startEndpoint, testKeys } from "../../support/local-endpoint.ts";

const run = promisify(execFile);

/** The AWS command line, with the endpoint's keys and nothing else from this machine. */
const startCommandLine = async () => {
  const { endpoint } = await startEndpoint();
  const home = await scratchDirectory();
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    AWS_ACCESS_KEY_ID: testKeys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testKeys.secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
  const logs = async (...args: string[]): Promise<string> => {
    const options = ["--endpoint-url", endpoint.url, "--output", "json", "--color", "off"];
    const { stdout } = await run(commandPath("aws") ?? "aws", [...options, "logs", ...args], {
      env,
    });
    return stdout;
  };
  const ask = async (...args: string[]) => JSON.parse(await logs(...args));
  return { endpoint, home, logs, ask };
};

const group = ["--log-group-name", "g"];
const stream = [...group, "--log-stream-name", "s"];
const arn = "arn:aws:logs:us-east-1:123456789012:log-group:g";

describe("AWS command line", () => {
  it("does every action", { timeout: 120_000 }, async () => {
    const { endpoint, home, logs, ask } = await startCommandLine();
    const nowMs = Date.now();
    const events = [1, 2, 3].map((count) => ({
      timestamp: nowMs - 10 + count,
      message: JSON.stringify({ level: count === 2 ? "warn" : "info", count }),
    }));
    const file = join(home, "events.json");
    await writeFile(file, JSON.stringify(events));

    await logs("create-log-group", ...group, "--tags", "site=1");
    await logs("create-log-stream", ...stream);
    const put = await ask("put-log-events", ...stream, "--log-events", `file://${file}`);
    await logs("put-retention-policy", ...group, "--retention-in-days", "7");
    await logs("tag-resource", "--resource-arn", arn, "--tags", "fleet=a");
    const groups = await ask("describe-log-groups");
    const streams = await ask("describe-log-streams", ...group);
    const got = await ask("get-log-events", ...stream, "--start-from-head");
    const pattern = "{ $.level = warn }";
    const filtered = await ask("filter-log-events", ...group, "--filter-pattern", pattern);
    const tailed = await logs("tail", "g", "--since", "1h", "--format", "short");
    const paged = await ask("filter-log-events", ...group, "--page-size", "1");
    const tags = await ask("list-tags-for-resource", "--resource-arn", arn);
    await logs("delete-log-stream", ...stream);
    await logs("delete-log-group", ...group);
    const left = await ask("describe-log-groups");

    expect(put.nextSequenceToken).toMatch(/^\d{56}$/);
    expect(groups.logGroups).toMatchObject([{ logGroupName: "g", retentionInDays: 7 }]);
    expect(streams.logStreams).toMatchObject([{ logStreamName: "s" }]);
    expect(got.events).toMatchObject(events);
    expect(filtered.events).toMatchObject([events[1] ?? {}]);
    expect(tailed.trim().split("\n")).toHaveLength(3);
    expect(tailed).toContain(events[1]?.message);
    expect(paged.events).toMatchObject(events);
    expect(tags.tags).toEqual({ site: "1", fleet: "a" });
    expect(left.logGroups).toEqual([]);
    expect(endpoint.tally.refusals).toEqual({});
  });

  it("shows the service's errors", { timeout: 60_000 }, async () => {
    const { logs } = await startCommandLine();

    const answer = logs("delete-log-group", ...group);

    await expect(answer).rejects.toThrow(
      "An error occurred (ResourceNotFoundException) when calling the DeleteLogGroup operation: The specified log group does not exist.",
    );
  });
});
