import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFleetPage } from "../support/fleet-page.ts";

const connectionsLimit = 64;

describe("the page's HTTP", () => {
  const open = async (url: string): Promise<Socket> => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  };

  it("answers a request with a body before the body has come", async () => {
    const { url } = await startFleetPage();
    const socket = await open(url);
    const answered = once(socket, "data");

    socket.write(
      "POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n",
    );

    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 405 /);
  });

  it("takes no more than 64 connections at a time, and others again once some have ended", async () => {
    const { url } = await startFleetPage();
    const held = await Promise.all(Array.from({ length: connectionsLimit }, () => open(url)));
    const ended = Promise.all(held.map((socket) => once(socket, "close")));

    const beyond = await open(url);
    await once(beyond, "close");
    for (const socket of held) socket.end();
    await ended;

    expect((await fetch(new URL("/healthz", url))).status).toBe(200);
  });
});
