import { setMaxListeners } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentError, messageOf } from "../errors.ts";
import { createFaults, type FaultControl } from "./faults.ts";
import { bodiesLimitBytes } from "./receive.ts";
import { type ServeOptions, serve, type Tally } from "./serve.ts";
import { openStore, type Store } from "./store/store.ts";
import { createVerifier } from "./verify.ts";

export interface EndpointOptions {
  /** Where groups, streams and events are kept; made if absent. One endpoint at a time. */
  directory: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The token that goes with temporary keys. */
  sessionToken?: string;
  /** Default `us-east-1`. */
  region?: string;
  /** A loopback address. Default `127.0.0.1`. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Epoch ms, for stamps, retention, visibility and the signature's window. Default: the machine's clock. */
  nowMs?: () => number;
  /** How long stored events stay hidden from readers, asked for each call. Default 0. */
  visibilityDelayMs?: number | (() => number);
  /** Default true. */
  acceptGzip?: boolean;
  /** Bytes of bodies held at a time: of more, calls are refused with 503. Default 256 MiB. */
  bodiesLimitBytes?: number;
}

/** CloudWatch Logs on this machine: the part of it that fleetlog uses, as strict as the service. */
export interface Endpoint {
  url: string;
  port: number;
  faults: FaultControl;
  tally: Readonly<Tally>;
  /** Takes no more connections, lets calls under way end (2 s at most), closes the files. */
  stop(): Promise<void>;
}

const connectionLimit = 4_096;
const stopLimitMs = 2_000;

const checkHost = (host: string): void => {
  if (host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw new AgentError(
    "ENDPOINT_HOST",
    `Cannot listen on "${host}": the local endpoint serves loopback only, use 127.0.0.1`,
  );
};

const openStoreIn = async (directory: string): Promise<Store> => {
  try {
    return await openStore(directory);
  } catch (cause) {
    throw new AgentError(
      "ENDPOINT_DIRECTORY",
      `Cannot open the log store in "${directory}": ${messageOf(cause)}`,
      { cause },
    );
  }
};

interface Running {
  server: Server;
  stopping: AbortController;
  /** Calls under way. */
  busy: Set<Promise<void>>;
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new AgentError(
          "ENDPOINT_PORT",
          `Cannot listen on ${host}:${port}: ${messageOf(cause)}, choose another port`,
          { cause },
        ),
      );
    });
    server.listen(port, host, resolve);
  });

/** Lets calls under way end in time, then drops what is left. */
const close = async (running: Running): Promise<void> => {
  const { server, stopping, busy } = running;
  const deadline = setTimeout(() => {
    stopping.abort();
    server.closeAllConnections();
  }, stopLimitMs);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  await Promise.all(busy);
  clearTimeout(deadline);
};

/** A request that trickles in is dropped; an idle connection outlives the usual client's pool. */
const createHttpServer = (options: ServeOptions, busy: Set<Promise<void>>): Server => {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 2_000,
    },
    (request, response) => {
      const done = serve(request, response, options).finally(() => busy.delete(done));
      busy.add(done);
    },
  );
  server.maxConnections = connectionLimit;
  return server;
};

const serveOptionsOf = (
  options: EndpointOptions,
  store: Store,
  stopping: AbortSignal,
): ServeOptions => {
  const { visibilityDelayMs = 0, region = "us-east-1", accessKeyId, secretAccessKey } = options;
  const { sessionToken } = options;
  const tally: Tally = { calls: {}, refusals: {}, events: 0 };
  return {
    verify: createVerifier({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      region,
      service: "logs",
    }),
    faults: createFaults(),
    tally,
    nowMs: options.nowMs ?? Date.now,
    acceptGzip: options.acceptGzip ?? true,
    bodies: { limitBytes: options.bodiesLimitBytes ?? bodiesLimitBytes, heldBytes: 0 },
    stopping,
    context: {
      store,
      region,
      accountId: "123456789012",
      visibilityDelayMs:
        typeof visibilityDelayMs === "number" ? () => visibilityDelayMs : visibilityDelayMs,
      countEvents: (stored) => {
        tally.events += stored;
      },
    },
  };
};

/** Starts an endpoint. Rejects with an AgentError when it cannot listen or its directory cannot be used. */
export const createEndpoint = async (options: EndpointOptions): Promise<Endpoint> => {
  const { host = "127.0.0.1", port = 0, directory } = options;
  checkHost(host);
  const store = await openStoreIn(directory);
  const stopping = new AbortController();
  // Each call that a fault holds back listens, and there may be many.
  setMaxListeners(0, stopping.signal);
  const serveOptions = serveOptionsOf(options, store, stopping.signal);
  const busy = new Set<Promise<void>>();
  const server = createHttpServer(serveOptions, busy);
  try {
    await listen(server, host, port);
  } catch (cause) {
    await store.close();
    throw cause;
  }
  const address = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    faults: serveOptions.faults,
    tally: serveOptions.tally,
    stop: () => {
      stopped ??= close({ server, stopping, busy }).then(store.close);
      return stopped;
    },
  };
};
