import { type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { AgentError, messageOf } from "../errors.ts";
import type { Environment } from "./endpoint.ts";

/** What came back from one request. `notSent`: surely nothing reached the service. */
export type Exchange =
  | { kind: "response"; statuscode: number; headers: Record<string, string>; body: string }
  | { kind: "notSent" | "noResponse"; error: string };

/** One request, signed. */
export interface OutgoingRequest {
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Kept-alive connections to one origin. */
export interface Transport {
  /** Never rejects. */
  post(request: OutgoingRequest): Promise<Exchange>;
  /** Resolves once all connections are closed: after the requests under way, or `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** Settings of `createTransport`. */
export interface TransportOptions {
  origin: string;
  /** Most connections at once; further requests wait for one. Default: 256. */
  connections?: number | undefined;
  /** Default: 5,000. */
  connectTimeoutMs?: number | undefined;
  /** From the request's last byte to the answer's headers. Default: 30,000. */
  headersTimeoutMs?: number | undefined;
  /** Longest silence within the answer's body. Default: 30,000. */
  bodyTimeoutMs?: number | undefined;
  /** Larger answers are refused. Default: 16 MiB; the service answers with 1 MiB of events. */
  responseLimitBytes?: number | undefined;
  /** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are read from here, in either case of letters. */
  environment: Environment;
}

const firstOf = (environment: Environment, name: string): string =>
  environment[name.toLowerCase()] || environment[name] || "";

const checkProxy = (name: string, text: string): void => {
  const isProxy = URL.canParse(text) && /^(https?|socks5?):$/.test(new URL(text).protocol);
  if (text !== "" && !isProxy) {
    // The text is not quoted: a proxy's URL often carries its password.
    throw new AgentError("PROXY_INVALID", `Cannot use ${name}: it is not a proxy's URL`);
  }
};

const createDispatcher = (options: TransportOptions): Dispatcher => {
  const { origin, environment, connections = 256, connectTimeoutMs = 5_000 } = options;
  const connect = { timeout: connectTimeoutMs };
  const settings = {
    connections,
    connect,
    pipelining: 1,
    headersTimeout: options.headersTimeoutMs ?? 30_000,
    bodyTimeout: options.bodyTimeoutMs ?? 30_000,
  };
  const httpProxy = firstOf(environment, "HTTP_PROXY");
  const httpsProxy = firstOf(environment, "HTTPS_PROXY");
  const noProxy = firstOf(environment, "NO_PROXY");
  checkProxy("HTTP_PROXY", httpProxy);
  checkProxy("HTTPS_PROXY", httpsProxy);
  if ((origin.startsWith("https:") ? httpsProxy : httpProxy) === "") {
    return new Pool(origin, settings);
  }
  const proxies = { httpProxy, httpsProxy, noProxy, proxyTls: connect, requestTls: connect };
  return new EnvHttpProxyAgent({ ...settings, ...proxies });
};

const singleValued = (headers: Record<string, string | string[] | undefined>) => {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) single[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return single;
};

const explain = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  const text = messageOf(error);
  if (typeof code !== "string" || text.includes(code)) return text;
  return text === "" ? code : `${text} (${code})`;
};

const createExchange = (
  origin: string,
  limitBytes: number,
  settle: (exchange: Exchange) => void,
): Dispatcher.DispatchHandler => {
  // Undici calls `onRequestStart` just before it writes to a connection that is open: whatever
  // fails earlier (name lookup, connecting, TLS, a proxy's tunnel) has sent nothing.
  let hasStarted = false;
  let statuscode = 0;
  let headers: Record<string, string> = {};
  let receivedBytes = 0;
  const chunks: Buffer[] = [];
  return {
    onRequestStart: () => {
      hasStarted = true;
    },
    onResponseStart: (_controller, status, received) => {
      statuscode = status;
      headers = singleValued(received);
    },
    onResponseData: (controller, chunk) => {
      receivedBytes += chunk.length;
      if (receivedBytes <= limitBytes) chunks.push(chunk);
      else controller.abort(new Error(`its answer is larger than ${limitBytes} bytes`));
    },
    onResponseEnd: () => {
      const body = Buffer.concat(chunks).toString("utf8");
      settle({ kind: "response", statuscode, headers, body });
    },
    onResponseError: (_controller, error) => {
      const reason = explain(error);
      settle(
        hasStarted
          ? { kind: "noResponse", error: `No answer from ${origin}: ${reason}` }
          : { kind: "notSent", error: `Cannot reach ${origin}: ${reason}` },
      );
    },
  };
};

const closeWithin = async (dispatcher: Dispatcher, graceMs?: number): Promise<void> => {
  const closed = dispatcher.close();
  const cut = () => dispatcher.destroy(new Error("the connection was closed from here"));
  const timer = graceMs === undefined ? undefined : setTimeout(cut, graceMs);
  await closed;
  clearTimeout(timer);
};

/** Throws `PROXY_INVALID` where a proxy is set that is no URL. */
export const createTransport = (options: TransportOptions): Transport => {
  const { origin, responseLimitBytes = 16 * 1_048_576 } = options;
  const dispatcher = createDispatcher(options);
  let closed: Promise<void> | undefined;
  return {
    post: ({ path, headers, body }) =>
      new Promise((settle) => {
        const handler = createExchange(origin, responseLimitBytes, settle);
        try {
          dispatcher.dispatch({ origin, path, method: "POST", headers, body }, handler);
        } catch (thrown) {
          settle({ kind: "notSent", error: `Cannot reach ${origin}: ${explain(thrown)}` });
        }
      }),
    close: (graceMs) => {
      closed ??= closeWithin(dispatcher, graceMs);
      return closed;
    },
  };
};
