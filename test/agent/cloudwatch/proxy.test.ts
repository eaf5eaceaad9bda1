import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createTransport, type TransportOptions } from "../../../agent/cloudwatch/transport.ts";
import { loopbackCertificate } from "../../support/certificate.ts";
import { startFakeService } from "./fake-service.ts";

const cleanups: (() => Promise<unknown>)[] = [];

const open = (origin: string, options: Partial<TransportOptions> = {}) => {
  const transport = createTransport({ origin, environment: {}, ...options });
  cleanups.push(() => transport.close());
  return transport;
};

const startService = async () => {
  const service = await startFakeService();
  cleanups.push(service.close);
  return service;
};

/** Gives its host and port. */
const listen = async (
  server: Pick<Server, "listen" | "address" | "close" | "closeAllConnections">,
) => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const request = { path: "/", headers: { host: "somewhere" }, body: Buffer.from("{}") };

/** A proxy that tunnels to wherever it is asked, and remembers that. */
const startProxy = async (status = 200) => {
  const asked: string[] = [];
  const passed: Buffer[] = [];
  const server = createServer();
  server.on("connect", (incoming, socket) => {
    asked.push(incoming.url ?? "");
    socket.on("error", () => undefined);
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const [host = "", port] = (incoming.url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
      socket.on("data", (chunk: Buffer) => passed.push(chunk));
    });
    return onward.on("error", () => socket.destroy());
  });
  return {
    asked,
    passed: () => Buffer.concat(passed).toString("latin1"),
    url: `http://${await listen(server)}`,
  };
};

/** Answers each request with its path, over TLS. */
const startSecureService = async () => {
  const server = createSecureServer(loopbackCertificate(), (incoming, response) => {
    incoming.resume().on("end", () => response.end(incoming.url));
  });
  return { url: `https://${await listen(server)}` };
};

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("proxy", () => {
  it.each(["HTTP_PROXY", "http_proxy"])("is used where %s says so", async (name) => {
    const service = await startService();
    const proxy = await startProxy();
    const transport = open(service.url, { environment: { [name]: proxy.url } });

    const exchange = await transport.post(request);

    expect(exchange.kind).toBe("response");
    expect(proxy.asked).toEqual([new URL(service.url).host]);
  });

  it("of HTTPS_PROXY is for https only", async () => {
    const service = await startService();
    const proxy = await startProxy(403);
    const environment = { HTTPS_PROXY: proxy.url };

    const plain = await open(service.url, { environment }).post(request);
    const secure = await open("https://logs.example", { environment }).post(request);

    expect(plain.kind).toBe("response");
    expect(secure.kind).toBe("notSent");
    expect(proxy.asked).toEqual(["logs.example:443"]);
  });

  it("of HTTPS_PROXY sees no more of a call than where it goes", async () => {
    const service = await startSecureService();
    const proxy = await startProxy();
    const environment = { HTTPS_PROXY: proxy.url };
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");

    const exchange = await open(service.url, { environment }).post(request);

    expect(exchange).toMatchObject({ kind: "response", statuscode: 200, body: "/" });
    expect(proxy.asked).toEqual([new URL(service.url).host]);
    expect(proxy.passed()).not.toContain("somewhere");
  });

  it("of HTTPS_PROXY does not make a stranger's certificate good", async () => {
    const service = await startSecureService();
    const proxy = await startProxy();
    const environment = { HTTPS_PROXY: proxy.url };

    const exchange = await open(service.url, { environment }).post(request);

    expect(exchange).toMatchObject({
      kind: "notSent",
      error: expect.stringContaining("self-signed certificate"),
    });
  });

  it("is passed by for the hosts of NO_PROXY", async () => {
    const service = await startService();
    const proxy = await startProxy();
    const environment = { HTTP_PROXY: proxy.url, NO_PROXY: "localhost,127.0.0.1" };

    const exchange = await open(service.url, { environment }).post(request);

    expect(exchange.kind).toBe("response");
    expect(proxy.asked).toEqual([]);
  });

  it("is refused, without its password, where it is no URL", () => {
    const act = () =>
      createTransport({
        origin: "https://logs.example",
        environment: { HTTPS_PROXY: "someone:hunter2@proxy" },
      });

    expect(act).toThrow(/Cannot use HTTPS_PROXY/);
    expect(act).not.toThrow(/hunter2/);
  });
});
