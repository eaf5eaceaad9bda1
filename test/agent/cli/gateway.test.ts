import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { gatewayCommand } from "../../../agent/cli/gateway.ts";
import { openPort, type PortPlace, parsePlace } from "../../../agent/gateway/port.ts";
import { createLogger } from "../../../device/index.ts";
import { eventsOf } from "../../support/fake-agent.ts";
import { brokerWithAgent } from "../../support/gateway-bench.ts";
import { startGatewayProcess } from "../../support/gateway-process.ts";
import { openPseudoTerminal } from "../../support/pseudo-terminal.ts";

/** Logs three events on a line, and answers whether all of them were acked. */
const logThree = (link: Duplex): Promise<boolean> => {
  const log = createLogger({ device: "pump-7", link });
  for (let count = 0; count < 3; count++) log.info("event %d", count);
  return log.close(20_000);
};

describe("fleetlog gateway", () => {
  it("forwards from a serial port, and says offline when it is stopped", async () => {
    const { server, agent } = await brokerWithAgent();
    const { path, board } = await openPseudoTerminal();
    const gateway = startGatewayProcess("--serial", path, "--broker", server.url);
    await gateway.said("Listening");

    board.write("started\n");
    const isComplete = await logThree(board);
    gateway.child.kill("SIGTERM");

    expect(await gateway.ended).toBe(0);
    expect(isComplete).toBe(true);
    expect(eventsOf(agent)).toHaveLength(3);
    expect(gateway.output()).toBe("started\n");
    expect(gateway.notes()).toMatch(/\d frames forwarded, 0 messages lost, 0 lines damaged\n$/);
    expect(String(server.published.at(-1)?.payload)).toBe("offline");
  });

  it("forwards from a TCP server, and connects to it again when that was gone", async () => {
    const { server, agent } = await brokerWithAgent();
    const boards = createServer();
    boards.listen(0, "127.0.0.1");
    await once(boards, "listening");
    onTestFinished(() => void boards.close());
    const place = `tcp://127.0.0.1:${(boards.address() as { port: number }).port}`;
    const gateway = startGatewayProcess("--serial", place, "--broker", server.url);
    const [first] = (await once(boards, "connection")) as [Socket];

    first.end();
    await gateway.said("it has ended");
    const [second] = (await once(boards, "connection")) as [Socket];
    onTestFinished(() => void second.destroy());

    expect(await logThree(second)).toBe(true);
    expect(eventsOf(agent)).toHaveLength(3);
  });

  it("forwards between its standard streams, and ends with its input", async () => {
    const { server, agent } = await brokerWithAgent();
    const { child, ended, notes } = startGatewayProcess("--serial", "-", "--broker", server.url);
    const { stdout, stdin } = child as typeof child & { stdout: Duplex; stdin: Duplex };

    stdin.write("started\n");
    const isComplete = await logThree(Duplex.from({ readable: stdout, writable: stdin }));
    stdin.end();

    expect(await ended).toBe(0);
    expect(isComplete).toBe(true);
    expect(eventsOf(agent)).toHaveLength(3);
    expect(notes()).toContain("started\n");
  });

  it("says in one line why it cannot begin", async () => {
    const gateway = startGatewayProcess("--serial", "/dev/null", "--broker", "mqtt://127.0.0.1:1");

    expect(await gateway.ended).toBe(1);
    expect(gateway.notes()).toBe('Cannot open "/dev/null": it is no serial port, check --serial\n');
  });

  it.each([
    [["--serial", "tcp://host"], "A port is a path, - or tcp://host:port."],
    [["--serial", "tcp://host:70000"], "A port is a path, - or tcp://host:port."],
    [["--serial", ""], "A port is a path, - or tcp://host:port."],
    [["--serial", "-", "--broker", "agent.local"], "A broker is an URL such as mqtt://host:1883."],
    [["--serial", "-", "--broker", "http://a"], "A broker is an URL such as mqtt://host:1883."],
    [["--serial", "-", "--baud", "fast"], "A speed is a number from 1200 to 4000000."],
    [["--serial", "-", "--baud", "300"], "A speed is a number from 1200 to 4000000."],
    [["--serial", "-", "--device-prefix", "a b"], "It is up to 63 of A-Z a-z 0-9 . _ -"],
    [["--serial", "-", "--repl", "a(b"], "It is the name of an object on the board"],
    [[], "required option '--serial <port>' not specified"],
    [["--serial", "-"], "required option '--broker <url>' not specified"],
  ])("refuses %j", async (args, message) => {
    const command = gatewayCommand()
      .exitOverride()
      .configureOutput({ writeErr() {} });

    await expect(command.parseAsync(["node", "gateway", ...args])).rejects.toThrow(message);
  });
});

describe("openPort", () => {
  it.each([
    ["/dev/nothing", 'Cannot open "/dev/nothing": ENOENT'],
    ["tcp://127.0.0.1:1", 'Cannot open "127.0.0.1:1": connect ECONNREFUSED'],
  ])("says of %s why it cannot be opened", async (text, message) => {
    await expect(openPort(parsePlace(text) as PortPlace, 9_600)).rejects.toThrow(message);
  });
});
