import { describe, expect, it } from "vitest";
import {
  addressOf,
  endpointArguments,
  runEndpointCommand,
} from "../../support/endpoint-process.ts";
import { makeStream, scratchDirectory, sdkClient } from "../../support/local-endpoint.ts";

describe("fleetlog endpoint", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("serves until %s, then ends cleanly", async (signal) => {
    const running = await runEndpointCommand(endpointArguments(await scratchDirectory()));
    const url = await addressOf(running);

    const { logGroups } = await sdkClient(url).describeLogGroups({});
    running.child.kill(signal);

    expect(logGroups).toEqual([]);
    expect(await running.exited).toBe(0);
  });

  it("tells how to read logs, without the secret", async () => {
    const running = await runEndpointCommand(endpointArguments(await scratchDirectory()));

    const url = await addressOf(running);

    expect(running.output()).toContain(`aws --endpoint-url ${url} logs tail`);
    expect(running.output()).toContain("AWS_ACCESS_KEY_ID=AKIDLOCAL");
    expect(running.output()).not.toContain("local/secret+key");
  });

  it("hides events from readers for as long as it is told", async () => {
    const delay = ["--visible-within", "60", "--seed", "7"];
    const running = await runEndpointCommand([
      ...endpointArguments(await scratchDirectory()),
      ...delay,
    ]);
    const client = sdkClient(await addressOf(running));
    const stream = await makeStream(client);
    const logEvents = [{ timestamp: Date.now(), message: "m" }];

    await client.putLogEvents({ ...stream, logEvents });

    expect((await client.getLogEvents(stream)).events).toEqual([]);
  });

  it.each([
    {
      option: "--visible-within",
      value: "61",
      said: "A delay is a number of seconds from 0 to 60",
    },
    { option: "--seed", value: "x", said: "A seed is an integer from 0" },
  ])("names what is wrong with the choice $option '$value'", async ({ option, value, said }) => {
    const running = await runEndpointCommand([...endpointArguments("data"), option, value]);

    expect(await running.exited).toBe(1);
    expect(running.errors()).toContain(said);
  });

  it.each([
    {
      option: "--port",
      value: "70000",
      said: "A port is a number from 0 (any free port) to 65535",
    },
    { option: "--port", value: "http", said: "'--port <port>' argument 'http' is invalid" },
    { option: "--access-key", value: "a b", said: "An access key is 1 to 128" },
    { option: "--secret", value: "", said: "The secret must not be empty" },
  ])("names what is wrong with $option '$value'", async ({ option, value, said }) => {
    const args = endpointArguments("data");
    args[args.indexOf(option) + 1] = value;

    const running = await runEndpointCommand(args);

    expect(await running.exited).toBe(1);
    expect(running.errors()).toContain(said);
  });

  it("names an option that is missing", async () => {
    const running = await runEndpointCommand(["--port", "0"]);

    expect(await running.exited).toBe(1);
    expect(running.errors()).toContain("required option '--data <directory>' not specified");
  });

  it("names a directory it cannot use", async () => {
    const running = await runEndpointCommand(endpointArguments("/dev/null/x"));

    expect(await running.exited).toBe(1);
    expect(running.errors()).toContain('Cannot open the log store in "/dev/null/x"');
  });
});
