import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { anyDeviceStatus, startFleetPage } from "../../support/fleet-page.ts";

interface Asked {
  method?: string;
  host?: string;
  path?: string;
}

/** Not `fetch`: that writes the Host header itself. */
const ask = async (url: string, { method = "GET", host, path = "/" }: Asked) => {
  const outgoing = request(new URL(url), { method, path, headers: host ? { host } : {} });
  outgoing.end();
  const [response] = await once(outgoing, "response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode as number, headers: response.headers, body };
};

describe("page server", () => {
  it("serves the page with its script and style, which may load nothing from elsewhere", async () => {
    const { url } = await startFleetPage();

    const page = await ask(url, {});
    const script = await ask(url, { path: "/page.js" });
    const style = await ask(url, { path: "/page.css" });

    expect(page.body).toContain('src="/page.js"');
    expect(page.headers["content-security-policy"]).toBe("default-src 'self'; img-src data:");
    expect([script.status, style.status]).toEqual([200, 200]);
  });

  it("tells the state of the agent as JSON", async () => {
    const { url, devices, metrics, troubles } = await startFleetPage();
    devices.push(anyDeviceStatus("pump-7"), anyDeviceStatus("pump-8", false));
    metrics.eventsDelivered = 12;
    troubles.note("Cannot reach it");

    const { body } = await ask(url, { path: "/status" });

    expect(JSON.parse(body)).toMatchObject({
      fleet: "pumps",
      online: 1,
      metrics: { eventsDelivered: 12 },
      pending: { frames: 3, devices: 2 },
      clockOffsetMs: -1_500,
      devices: [{ id: "pump-7", next: 17 }, { id: "pump-8" }],
      troubles: [{ message: "Cannot reach it" }],
    });
  });

  it("tells Prometheus every counter, and drops by reason", async () => {
    const { url, metrics } = await startFleetPage();
    metrics.framesStored = 5;
    metrics.dropped = { ring_full: 2 };

    const first = await ask(url, { path: "/metrics" });
    const second = await ask(url, { path: "/metrics" });

    for (const { body } of [first, second]) {
      expect(body).toContain("fleetlog_frames_stored_total 5\n");
      expect(body).toContain('fleetlog_dropped_total{reason="ring_full"} 2\n');
      expect(body).toContain("fleetlog_spool_bytes 2048\n");
      expect(body).toContain("fleetlog_clock_offset_ms -1500\n");
    }
    expect(first.headers["content-type"]).toContain("text/plain");
  });

  it("says that it lives", async () => {
    const { url } = await startFleetPage();

    expect(await ask(url, { path: "/healthz" })).toMatchObject({ status: 200, body: "ok\n" });
  });

  it("changes nothing: it answers GET and HEAD alone", async () => {
    const { url } = await startFleetPage();

    const answers = await Promise.all(
      ["POST", "PUT", "DELETE", "HEAD"].map((method) => ask(url, { method })),
    );

    expect(answers.map(({ status }) => status)).toEqual([405, 405, 405, 200]);
  });

  it.each([
    "/../package.json",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd",
    "/page.js/../../server.js",
    "/ui/index.html",
  ])("has no file at %s", async (path) => {
    const { url } = await startFleetPage();

    expect((await ask(url, { path })).status).toBe(404);
  });

  it("answers on loopback to names of loopback alone", async () => {
    const { url } = await startFleetPage();
    const { port } = new URL(url);

    const evil = await ask(url, { host: `evil.example:${port}`, path: "/status" });
    const local = await ask(url, { host: `localhost:${port}`, path: "/status" });

    expect(evil.status).toBe(421);
    expect(evil.body).toContain('"evil.example"');
    expect(local.status).toBe(200);
  });

  it("refuses headers beyond 8 kB", async () => {
    const { url } = await startFleetPage();

    expect((await ask(url, { path: `/${"x".repeat(9_000)}` })).status).toBe(431);
  });

  it("cuts a client that does not finish its request", async () => {
    const { url } = await startFleetPage();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n");

    let answer = "";
    for await (const chunk of socket) answer += chunk;

    expect(answer).toContain("408 Request Timeout");
  });

  it("says which port it cannot have", async () => {
    const { url } = await startFleetPage();
    const { port } = new URL(url);

    const taken = startFleetPage(Number(port));

    await expect(taken).rejects.toMatchObject({
      code: "PAGE_LISTEN",
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });
});
