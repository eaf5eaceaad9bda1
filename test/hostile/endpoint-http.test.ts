import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeStream, startEndpoint } from "../support/local-endpoint.ts";
import { signCall } from "../support/signed-call.ts";

const bodyLimitBytes = 8_388_608;

const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
};

/** All that comes back before the endpoint ends the connection, or once it has said `enough`. */
const answerTo = async (port: number, request: string, enough?: RegExp): Promise<string> => {
  const socket = await open(port);
  let answer = "";
  const ended = new Promise<void>((resolve) => {
    socket.on("data", (chunk) => {
      answer += String(chunk);
      if (enough?.test(answer)) resolve();
    });
    socket.once("close", () => resolve());
  });
  socket.write(request);
  await ended;
  return answer;
};

const head = (line: string, ...headers: string[]): string =>
  [line, "Host: 127.0.0.1", ...headers, "", ""].join("\r\n");

const statusOf = (answer: string): number => Number(answer.split(" ")[1]);

describe("the endpoint's HTTP", () => {
  it("refuses a body that announces more than 8 MiB before any of it has come", async () => {
    const { endpoint } = await startEndpoint();
    const length = `Content-Length: ${bodyLimitBytes + 1}`;

    const answer = await answerTo(endpoint.port, head("POST / HTTP/1.1", length));

    expect(statusOf(answer)).toBe(413);
  });

  it("stops reading a body in chunks once it has more than 8 MiB", async () => {
    const { endpoint } = await startEndpoint();
    const socket = await open(endpoint.port);
    const answered = once(socket, "data");
    const chunk = `100000\r\n${"x".repeat(1_048_576)}\r\n`;

    socket.write(head("POST / HTTP/1.1", "Transfer-Encoding: chunked"));
    for (let sent = 0; sent < 9; sent++) socket.write(chunk);

    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 413 /);
  });

  it("holds no more than 256 MiB of bodies at a time", async () => {
    const { endpoint, client } = await startEndpoint({ bodiesLimitBytes: 4 * 1_048_576 });
    const length = `Content-Length: ${bodyLimitBytes}`;
    const held = await Promise.all([open(endpoint.port), open(endpoint.port)]);
    const refused = Promise.race(held.map((socket) => once(socket, "data")));

    for (const socket of held) {
      socket.write(head("POST / HTTP/1.1", length));
      socket.write("x".repeat(3 * 1_048_576));
    }
    const answer = String((await refused)[0]);
    for (const socket of held) socket.destroy();

    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    await expect
      .poll(() =>
        makeStream(client).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it("serves others while hundreds of callers send their requests byte by byte", async () => {
    const { endpoint, client } = await startEndpoint();
    const slow = await Promise.all(Array.from({ length: 500 }, () => open(endpoint.port)));
    for (const socket of slow) socket.write("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Sl");

    const stream = await makeStream(client);

    expect(stream).toEqual({ logGroupName: "g", logStreamName: "s" });
  });

  it("ends a connection whose headers never end", async () => {
    const { endpoint } = await startEndpoint();
    const headers = Array.from(
      { length: 2_000 },
      (_, index) => `X-Header-${index}: ${"x".repeat(50)}`,
    );

    const answer = await answerTo(endpoint.port, head("POST / HTTP/1.1", ...headers));

    expect(statusOf(answer)).toBe(431);
  });

  it.each([
    ["two lengths", ["Content-Length: 2", "Content-Length: 3"]],
    ["a length beside chunks", ["Content-Length: 2", "Transfer-Encoding: chunked"]],
    ["a length that is no number", ["Content-Length: 1e3"]],
    ["a header without a name", [": value"]],
    ["a header with a zero byte", ["X-Zero: a\u0000b"]],
  ])("refuses a request with %s", async (_, headers) => {
    const { endpoint } = await startEndpoint();

    const answer = await answerTo(endpoint.port, `${head("POST / HTTP/1.1", ...headers)}{}`);

    expect(statusOf(answer)).toBe(400);
  });

  it.each([
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd",
    "/\\..\\..\\catalogue.jsonl",
    "http://127.0.0.1/catalogue.jsonl",
    "/catalogue.jsonl?__proto__[x]=1",
    "*",
  ])("has no files: it answers %s as any other path", async (path) => {
    const { endpoint } = await startEndpoint();
    const line = path === "*" ? "OPTIONS * HTTP/1.1" : `GET ${path} HTTP/1.1`;

    const answer = await answerTo(endpoint.port, head(line, "Connection: close"));

    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain("UnknownOperationException");
    expect(answer).not.toContain("root:");
  });

  it("keeps what names try to reach inside its folder", async () => {
    const { endpoint, client, directory } = await startEndpoint();
    const logGroupName = "../../../escaped";
    const logStreamName = "../../escaped/\u0001";

    await client.createLogGroup({ logGroupName });
    await client.createLogStream({ logGroupName, logStreamName });
    const logEvents = [{ timestamp: Date.now(), message: "m" }];
    await client.putLogEvents({ logGroupName, logStreamName, logEvents });
    await endpoint.stop();

    const inside = await readdir(directory, { recursive: true });
    expect(inside.filter((name) => name.includes("escaped"))).toEqual([]);
    expect(await readdir(join(directory, "events"))).toHaveLength(1);
  });

  it.each([
    ["lists within lists", "[".repeat(4_000_000)],
    ["objects within objects", '{"a":'.repeat(1_000_000)],
    ["lists that end", `{"logGroupName":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["keys that every object has", '{"__proto__":{"logGroupName":"g"},"constructor":1}'],
  ])("answers a signed body of %s with an error, and goes on", async (_, body) => {
    const { endpoint, client } = await startEndpoint();
    const call = await signCall(endpoint.url, { action: "CreateLogGroup", body });

    const { status } = await fetch(endpoint.url, call);

    expect(status).toBe(400);
    expect((await client.describeLogGroups({})).logGroups).toEqual([]);
  });

  it("unpacks no more than 8 MiB of a body packed small", async () => {
    const { endpoint } = await startEndpoint();
    const body = gzipSync(Buffer.alloc(20 * 1_048_576));
    const headers = { "content-encoding": "gzip" };
    const call = await signCall(endpoint.url, { action: "CreateLogGroup", body, headers });

    const { status } = await fetch(endpoint.url, call);

    expect(body.length).toBeLessThan(bodyLimitBytes);
    expect(status).toBe(413);
  });
});
