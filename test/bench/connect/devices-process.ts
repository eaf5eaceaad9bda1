import { connect } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import { decodeAck } from "../../../shared/codec/downlink.ts";
import { defaultPrefix, topicOf } from "../../../shared/topic.ts";
import { createFleet } from "../deliver/fleet.ts";

/** What the process is told, as its one argument in JSON. */
export interface DevicesArguments {
  port: number;
  devices: number;
  /** New connections a second; 0 for all at once. */
  pace: number;
}

/** What the process says once every device has its ack, or has failed; all stay connected. */
export interface DevicesReport {
  /** From the first connection begun to the last CONNACK, and to the last ack of a frame. */
  connectedMs: number;
  ackedMs: number;
  /** From a connection begun to the ack of its frame, for each device. */
  latenciesMs: number[];
  /** Why connections failed, by how many did. */
  failures: Record<string, number>;
}

const { port, devices, pace } = JSON.parse(process.argv[2] ?? "{}") as DevicesArguments;
const fleet = createFleet({ devices, events: 1, frameEvents: 1 });
const sending = { sendUptimeMs: 10, ackId: 0, ackUptimeMs: 10 };
const startMs = performance.now();
const report: DevicesReport = { connectedMs: 0, ackedMs: 0, latenciesMs: [], failures: {} };
let settled = 0;

const settle = (): void => {
  if (++settled === devices) process.send?.(report);
};

const startDevice = (index: number): void => {
  const id = fleet.names[index] as string;
  const beganMs = performance.now();
  const socket = connect(port, "127.0.0.1");
  const packets = parser();
  let isSettled = false;
  const fail = (reason: string): void => {
    if (isSettled) return;
    isSettled = true;
    report.failures[reason] = (report.failures[reason] ?? 0) + 1;
    settle();
  };
  const say = (packet: Packet): void => void socket.write(generate(packet));
  const answers: Partial<Record<Packet["cmd"], (packet: Packet) => void>> = {
    connack() {
      report.connectedMs = performance.now() - startMs;
      const subscriptions = [{ topic: topicOf(defaultPrefix, id, "down"), qos: 0 } as const];
      say({ cmd: "subscribe", messageId: 1, subscriptions });
    },
    suback() {
      const payload = Buffer.from(fleet.encode(index, 0, sending));
      const topic = topicOf(defaultPrefix, id, "up");
      say({ cmd: "publish", topic, payload, qos: 1, messageId: 2, retain: false, dup: false });
    },
    publish(packet) {
      const decoded = decodeAck((packet as { payload: Uint8Array }).payload);
      if (isSettled || !decoded.ok || decoded.ack.next !== 1) return;
      isSettled = true;
      report.ackedMs = performance.now() - startMs;
      report.latenciesMs.push(performance.now() - beganMs);
      settle();
    },
  };
  packets.on("packet", (packet: Packet) => answers[packet.cmd]?.(packet));
  socket.on("connect", () => {
    say({ cmd: "connect", clientId: id, protocolId: "MQTT", protocolVersion: 4, keepalive: 60 });
  });
  socket.on("data", (chunk) => packets.parse(chunk));
  socket.on("error", ({ message }) => fail(message));
  socket.on("close", () => fail("ended"));
};

process.once("disconnect", () => process.exit());
if (pace === 0) for (let index = 0; index < devices; index++) startDevice(index);
else {
  let begun = 0;
  const timer = setInterval(() => {
    const due = Math.min(devices, Math.ceil(((performance.now() - startMs) / 1_000) * pace));
    while (begun < due) startDevice(begun++);
    if (begun === devices) clearInterval(timer);
  }, 5);
}
