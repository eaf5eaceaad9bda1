import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createTransport, type TransportOptions } from "../../../agent/cloudwatch/transport.ts";
import { type FakeAnswer, startFakeService, unusedUrl } from "./fake-service.ts";

const cleanups: (() => Promise<unknown>)[] = [];

const open = (origin: string, options: Partial<TransportOptions> = {}) => {
  const transport = createTransport({ origin, environment: {}, ...options });
  cleanups.push(() => transport.close());
  return transport;
};

const startService = async (...answers: FakeAnswer[]) => {
  const service = await startFakeService(...answers);
  cleanups.push(service.close);
  return service;
};

const request = { path: "/", headers: { host: "somewhere" }, body: Buffer.from("{}") };

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("transport", () => {
  it("gives status, body and headers with lower-case names", async () => {
    const service = await startService({
      status: 400,
      body: '{"message":"né"}',
      headers: { "X-Amzn-RequestId": "r-1", "Set-Cookie": "a" },
    });

    const exchange = await open(service.url).post(request);

    expect(exchange).toMatchObject({ kind: "response", statuscode: 400, body: '{"message":"né"}' });
    expect(exchange).toHaveProperty("headers.x-amzn-requestid", "r-1");
    expect(service.requests[0]?.text).toBe("{}");
  });

  it("keeps its connections for calls that follow each other", async () => {
    const service = await startService();
    const transport = open(service.url);

    for (let call = 0; call < 20; call += 1) await transport.post(request);

    expect(service.requests).toHaveLength(20);
    expect(service.connections()).toBeLessThanOrEqual(2);
  });

  it("opens no more connections than it may", async () => {
    const service = await startService();
    const transport = open(service.url, { connections: 2 });

    await Promise.all(Array.from({ length: 20 }, () => transport.post(request)));

    expect(service.requests).toHaveLength(20);
    expect(service.connections()).toBeLessThanOrEqual(2);
  });

  it("knows that nothing was sent where the connection is refused", async () => {
    const url = await unusedUrl();

    const exchange = await open(url).post(request);

    expect(exchange.kind).toBe("notSent");
    expect(exchange).toHaveProperty("error", expect.stringMatching(/^Cannot reach .*ECONNREFUSED/));
  });

  it("knows that nothing was sent where the name does not exist", async () => {
    const exchange = await open("http://no-such-name.invalid").post(request);

    expect(exchange.kind).toBe("notSent");
  });

  it("knows that nothing was sent where TLS cannot be agreed on", async () => {
    const service = await startService();

    const exchange = await open(service.url.replace("http:", "https:")).post(request);

    expect(exchange.kind).toBe("notSent");
    expect(service.requests).toHaveLength(0);
  });

  it("knows that nothing was sent where connecting takes too long", async () => {
    const silent = createTcpServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    silent.on("connection", (socket) => cleanups.push(async () => socket.destroy()));
    cleanups.push(() => new Promise((resolve) => silent.close(resolve)));

    const exchange = await open(`https://127.0.0.1:${port}`, { connectTimeoutMs: 50 }).post(
      request,
    );

    expect(exchange.kind).toBe("notSent");
    expect(exchange).toHaveProperty("error", expect.stringContaining("Connect Timeout"));
  });

  it("knows that nothing was sent once it is closed", async () => {
    const service = await startService();
    const transport = open(service.url);
    await transport.close();

    const exchange = await transport.post(request);

    expect(exchange.kind).toBe("notSent");
  });

  it("does not know the outcome where the connection is cut", async () => {
    const service = await startService("cut");

    const exchange = await open(service.url).post(request);

    expect(exchange.kind).toBe("noResponse");
    expect(exchange).toHaveProperty("error", expect.stringMatching(/^No answer from http:/));
  });

  it("does not know the outcome where no answer begins in time", async () => {
    const service = await startService("silence");

    const exchange = await open(service.url, { headersTimeoutMs: 50 }).post(request);

    expect(exchange.kind).toBe("noResponse");
    expect(exchange).toHaveProperty("error", expect.stringContaining("Headers Timeout"));
  });

  it("does not know the outcome where an answer stops half way", async () => {
    const service = await startService((_request, response) => {
      response.writeHead(200, { "content-length": "10" }).write("{");
    });

    const exchange = await open(service.url, { bodyTimeoutMs: 50 }).post(request);

    expect(exchange.kind).toBe("noResponse");
    expect(exchange).toHaveProperty("error", expect.stringContaining("Body Timeout"));
  });

  it("stops reading an answer larger than its limit", async () => {
    const service = await startService({ body: "x".repeat(5_000) });

    const exchange = await open(service.url, { responseLimitBytes: 4_999 }).post(request);

    expect(exchange.kind).toBe("noResponse");
    expect(exchange).toHaveProperty("error", expect.stringContaining("larger than 4999 bytes"));
  });

  it("waits for calls under way when it closes", async () => {
    let receive = (_response: ServerResponse) => {};
    const received = new Promise<ServerResponse>((resolve) => {
      receive = resolve;
    });
    const service = await startService((_request, response) => receive(response));
    const transport = open(service.url);
    const underWay = transport.post(request);
    const response = await received;

    const closed = transport.close();
    response.end("{}");
    const [exchange] = await Promise.all([underWay, closed]);

    expect(exchange.kind).toBe("response");
  });

  it("waits for them no longer than it is told", async () => {
    const service = await startService("silence");
    const transport = open(service.url);
    const underWay = transport.post(request);

    const closed = transport.close(20);
    const [exchange] = await Promise.all([underWay, closed]);

    expect(exchange).toHaveProperty("error", expect.stringContaining("closed from here"));
  });
});
