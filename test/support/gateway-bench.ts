import { type Duplex, duplexPair } from "node:stream";
import { onTestFinished } from "vitest";
import { createGateway, type Gateway } from "../../agent/gateway/gateway.ts";
import { createUpstream } from "../../agent/gateway/upstream.ts";
import { type FakeAgent, fakeAgent } from "./fake-agent.ts";
import { type FakeTime, fakeTime } from "./fake-time.ts";
import { type LoopbackBroker, loopbackBroker } from "./loopback-broker.ts";

/** A broker with an agent behind it that acks each frame. */
export const brokerWithAgent = async (): Promise<{ server: LoopbackBroker; agent: FakeAgent }> => {
  const server = await loopbackBroker();
  const agent = fakeAgent();
  server.broker.on("publish", (packet, client) => {
    if (client === null || !packet.topic.endsWith("/up")) return;
    const ack = agent.receive(new Uint8Array(packet.payload as Buffer));
    void server.publish(packet.topic.replace(/up$/, "down"), ack);
  });
  onTestFinished(() => server.close());
  return { server, agent };
};

export interface GatewayBench {
  gateway: Gateway;
  /** The board's end of the port. */
  board: Duplex;
  time: FakeTime;
  /** What the gateway showed of the board's console. */
  shown: () => string;
  troubles: string[];
  /** Resolves with the reason for which the port is lost. */
  lost: Promise<string>;
}

/** A gateway between a port in memory and a real broker. */
export const startGateway = (
  url: string,
  options: { devicePrefix?: string; repl?: string } = {},
): GatewayBench => {
  const [port, board] = duplexPair();
  const time = fakeTime();
  const troubles: string[] = [];
  let text = "";
  let onClosed = (_reason: string): void => {};
  const lost = new Promise<string>((resolve) => {
    onClosed = resolve;
  });
  const gateway = createGateway({
    port,
    time,
    devicePrefix: options.devicePrefix ?? "",
    repl: options.repl ?? null,
    connect: (told) => createUpstream({ ...told, url, reconnectPauseMs: 10 }),
    onText(bytes) {
      text += String(bytes);
    },
    onTrouble: (message) => troubles.push(message),
    onClosed,
  });
  onTestFinished(() => gateway.end());
  return { gateway, board, time, shown: () => text, troubles, lost };
};
