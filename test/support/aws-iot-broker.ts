import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type IPublishPacket, type Packet, parser, writeToStream } from "mqtt-packet";

/** A client of the broker, and the most it did. */
export interface AwsIotClient {
  clientId: string;
  subscriptions: string[];
  /** In the second that had most, both ways. */
  peakPublishes: number;
  peakBytes: number;
  /** Sent to it and not acknowledged at a time. */
  peakUnacked: number;
  /** Publishes either way that a limit took. */
  discarded: number;
}

/** A broker that holds clients to the limits of AWS IoT Core. */
export interface AwsIotBroker {
  port: number;
  url: string;
  clients(): AwsIotClient[];
  /** What clients did beyond a limit. */
  violations: string[];
  /** Publishes as a device does, at QoS 1. */
  publish(topic: string, payload: Uint8Array): void;
  stop(): Promise<void>;
}

const limits = {
  publishesPerSecond: 100,
  bytesPerSecond: 512 * 1_024,
  subscriptions: 50,
  filtersPerSubscribe: 8,
  payloadBytes: 128 * 1_024,
  unacked: 100,
  clientIdBytes: 128,
  topicBytes: 256,
  topicSlashes: 7,
};

/** The sum of what was noted in the last second. */
const createSecond = () => {
  const noted: { atMs: number; amount: number }[] = [];
  let sum = 0;
  return (amount: number): number => {
    const nowMs = performance.now();
    while (noted[0] !== undefined && noted[0].atMs <= nowMs - 1_000) {
      sum -= noted.shift()?.amount ?? 0;
    }
    noted.push({ atMs: nowMs, amount });
    sum += amount;
    return sum;
  };
};

const matches = (filter: string, topic: string): boolean => {
  const levels = topic.split("/");
  const wanted = filter.split("/");
  return (
    wanted.length === levels.length &&
    wanted.every((level, index) => level === "+" || level === levels[index])
  );
};

interface Session extends AwsIotClient {
  version: 4 | 5;
  socket: Socket;
  publishes(amount: number): number;
  bytes(amount: number): number;
  unacked: Set<number>;
  /** Waits until fewer are unacknowledged. */
  queue: IPublishPacket[];
  nextId: number;
}

const startSession = (socket: Socket, clientId: string, version: 4 | 5): Session => ({
  clientId,
  version,
  socket,
  subscriptions: [],
  peakPublishes: 0,
  peakBytes: 0,
  peakUnacked: 0,
  discarded: 0,
  publishes: createSecond(),
  bytes: createSecond(),
  unacked: new Set(),
  queue: [],
  nextId: 0,
});

export const startAwsIotBroker = async (): Promise<AwsIotBroker> => {
  const sessions: Session[] = [];
  const retained = new Map<string, IPublishPacket>();
  const violations: string[] = [];
  const sockets = new Set<Socket>();

  const write = ({ socket, version }: Session, packet: Packet): void => {
    writeToStream(packet, socket, { protocolVersion: version });
  };
  const violate = ({ clientId, socket }: Session, what: string): void => {
    violations.push(`${clientId}: ${what}`);
    socket.destroy();
  };
  /** False where the publish is beyond the limits, and so discarded. */
  const mayPass = (session: Session): boolean => {
    const publishes = session.publishes(1);
    session.peakPublishes = Math.max(session.peakPublishes, publishes);
    if (publishes > limits.publishesPerSecond) session.discarded++;
    return publishes <= limits.publishesPerSecond;
  };
  const sendNext = (session: Session): void => {
    while (session.unacked.size < limits.unacked && session.queue.length > 0) {
      const packet = session.queue.shift() as IPublishPacket;
      if (!mayPass(session)) continue;
      session.nextId = (session.nextId % 65_535) + 1;
      session.unacked.add(session.nextId);
      session.peakUnacked = Math.max(session.peakUnacked, session.unacked.size);
      noteBytes(session, packet.payload.length);
      write(session, { ...packet, messageId: session.nextId });
    }
  };
  const noteBytes = (session: Session, amount: number): void => {
    const bytes = session.bytes(amount);
    session.peakBytes = Math.max(session.peakBytes, bytes);
    if (bytes > limits.bytesPerSecond) violations.push(`${session.clientId}: ${bytes} bytes/s`);
  };
  const deliver = (session: Session, topic: string, payload: Buffer, retain: boolean): void => {
    session.queue.push({ cmd: "publish", topic, payload, qos: 1, dup: false, retain });
    sendNext(session);
  };
  const route = (topic: string, payload: Buffer): void => {
    for (const session of sessions) {
      const isWanted = session.subscriptions.some((filter) => matches(filter, topic));
      if (isWanted) deliver(session, topic, payload, false);
    }
  };
  const takePublish = (session: Session, packet: IPublishPacket): void => {
    const { topic } = packet;
    const payload = Buffer.from(packet.payload);
    if (payload.length > limits.payloadBytes) violate(session, `a payload of ${payload.length}`);
    const slashes = topic.split("/").length - 1;
    if (topic.length > limits.topicBytes || slashes > limits.topicSlashes) violate(session, topic);
    if (!mayPass(session)) {
      violations.push(`${session.clientId}: more than 100 publishes in a second`);
      return;
    }
    if (packet.qos === 1) write(session, { cmd: "puback", messageId: packet.messageId ?? 0 });
    if (packet.retain) retained.set(topic, packet);
    route(topic, payload);
  };
  const takeSubscribe = (session: Session, filters: string[], messageId: number): void => {
    if (filters.length > limits.filtersPerSubscribe) {
      violate(session, `${filters.length} filters in a SUBSCRIBE`);
      return;
    }
    session.subscriptions.push(...filters);
    if (session.subscriptions.length > limits.subscriptions) {
      violate(session, `${session.subscriptions.length} subscriptions`);
      return;
    }
    write(session, { cmd: "suback", messageId, granted: filters.map(() => 1) });
    for (const { topic, payload } of retained.values()) {
      if (filters.some((filter) => matches(filter, topic))) {
        deliver(session, topic, Buffer.from(payload), true);
      }
    }
  };
  const takePacket = (session: Session, packet: Packet): void => {
    noteBytes(session, packet.length ?? 0);
    if (packet.cmd === "publish") takePublish(session, packet);
    if (packet.cmd === "subscribe") {
      const filters = packet.subscriptions.map(({ topic }) => topic);
      takeSubscribe(session, filters, packet.messageId ?? 0);
    }
    if (packet.cmd === "puback") {
      session.unacked.delete(packet.messageId ?? 0);
      sendNext(session);
    }
    if (packet.cmd === "pingreq") write(session, { cmd: "pingresp" });
    if (packet.cmd === "disconnect") session.socket.end();
  };
  const connect = (socket: Socket, packet: Packet): Session | null => {
    if (packet.cmd !== "connect" || packet.clientId.length > limits.clientIdBytes) {
      socket.destroy();
      return null;
    }
    const session = startSession(socket, packet.clientId, packet.protocolVersion === 5 ? 5 : 4);
    const before = sessions.find(({ clientId }) => clientId === session.clientId);
    if (before?.version === 5) write(before, { cmd: "disconnect", reasonCode: 0x8e });
    before?.socket.end();
    sessions.push(session);
    write(session, { cmd: "connack", reasonCode: 0, returnCode: 0, sessionPresent: false });
    return session;
  };
  const server = createServer((socket) => {
    let session: Session | null = null;
    let packets = parser();
    const take = (packet: Packet): void => {
      if (session !== null) {
        takePacket(session, packet);
        return;
      }
      session = connect(socket, packet);
      // The client waits for the answer, so nothing of what follows has been read by the first parser.
      packets = parser({ protocolVersion: session?.version ?? 4 }).on("packet", take);
    };
    packets.on("packet", take);
    sockets.add(socket);
    socket.on("data", (bytes) => packets.parse(bytes));
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      if (session !== null) sessions.splice(sessions.indexOf(session), 1);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    violations,
    clients: () => [...sessions],
    publish: (topic, payload) => route(topic, Buffer.from(payload)),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
