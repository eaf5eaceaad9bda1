import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";

const forAWhile = { share: 1, forMs: 60_000 };

/** However it ended. */
const closed = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => socket.once("close", resolve));

describe("fault proxy", () => {
  let server: Server;
  let proxy: FaultProxy;
  let clients: Socket[];

  /** Answers with what it is sent. */
  const startEcho = async (): Promise<Server> => {
    const echo = createServer((socket) => {
      socket.on("error", () => {});
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    return echo;
  };
  const open = async (): Promise<Socket> => {
    const client = connect(proxy.port, "127.0.0.1");
    client.on("error", () => {});
    clients.push(client);
    await once(client, "connect");
    return client;
  };
  /** What comes back of a message. */
  const echoOf = async (client: Socket, text: string): Promise<string> => {
    client.write(text);
    let back = "";
    while (back.length < text.length) back += String((await once(client, "data"))[0]);
    return back;
  };

  beforeEach(async () => {
    clients = [];
    server = await startEcho();
    const { port } = server.address() as { port: number };
    proxy = await startFaultProxy({ targetPort: () => port, random: () => 0.5 });
  });

  afterEach(async () => {
    for (const client of clients) client.destroy();
    await proxy.stop();
    server.close();
  });

  it("passes bytes both ways, whole and in order", async () => {
    const text = "0123456789".repeat(50_000);

    expect(await echoOf(await open(), text)).toBe(text);
  });

  it("drops connections and refuses new ones until it is mended", async () => {
    const client = await open();
    await echoOf(client, "hello");

    proxy.cut(forAWhile);
    await closed(client);
    const refused = connect(proxy.port, "127.0.0.1");
    refused.on("error", () => {});
    await closed(refused);
    proxy.mend();

    expect(await echoOf(await open(), "again")).toBe("again");
  });

  it("leaves connections alone that a fault is not drawn for", async () => {
    const client = await open();
    await echoOf(client, "hello");

    proxy.cut({ share: 0.5, forMs: 0 });

    expect(await echoOf(client, "still there")).toBe("still there");
    expect(proxy.connections()).toBe(1);
  });

  it("holds back what is sent while it stalls, and passes it on afterwards", async () => {
    const client = await open();
    await echoOf(client, "hello");
    let back = "";
    client.on("data", (chunk) => {
      back += String(chunk);
    });

    proxy.stall({ ...forAWhile, isCut: false });
    client.write("held back");
    await echoOf(await open(), "another connection");
    const before = back;
    proxy.mend();
    await once(client, "data");

    expect([before, back]).toEqual(["", "held back"]);
  });

  it("loses what it holds back where the stall ends with a cut", async () => {
    const client = await open();
    await echoOf(client, "hello");

    proxy.stall({ ...forAWhile, isCut: true });
    client.write("lost");
    proxy.mend();
    await closed(client);

    expect(client.bytesRead).toBe("hello".length);
  });

  it("passes so many bytes a second while it is slow", async () => {
    const client = await open();
    await echoOf(client, "hello");
    const startMs = performance.now();

    proxy.slow({ ...forAWhile, bytesPerSecond: 2_000 });
    await echoOf(client, "x".repeat(400));

    expect(performance.now() - startMs).toBeGreaterThan(150);
  });

  it("ends the connection to the target with the one to the client", async () => {
    const met = once(server, "connection");
    const client = await open();
    const [far] = (await met) as [Socket];
    await echoOf(client, "hello");

    client.end();
    await closed(far);
    await closed(client);

    expect(proxy.connections()).toBe(0);
  });
});
