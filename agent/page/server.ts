import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { AgentError, messageOf } from "../errors.ts";
import { createPrometheus } from "./prometheus.ts";
import { type Status, type StatusOptions, statusOf } from "./status.ts";

export interface PageOptions extends StatusOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Folder of what the browser runs, as built; beside this module by default. */
  ui?: URL;
}

/** The fleet page: what the agent does now, for a browser, a script and Prometheus. It changes nothing. */
export interface Page {
  url: string;
  stop(): Promise<void>;
}

/** Connections at a time: a browser takes two, a scraper one. */
const connectionsLimit = 64;

/** Of a request's line and headers, which is all that is read of it. */
const headersLimitBytes = 8_192;

/** How long a client may take to send its request. */
const requestTimeoutMs = 5_000;

const files = {
  "/": { name: "index.html", type: "text/html; charset=utf-8" },
  "/page.js": { name: "page.js", type: "text/javascript; charset=utf-8" },
  "/page.css": { name: "page.css", type: "text/css; charset=utf-8" },
} as const;

const loopback = ["127.0.0.1", "[::1]", "localhost"];

/**
 * Where the page listens on loopback only names of loopback are answered: else any web site could have its
 * name point here and read along.
 */
const onlyLoopbackNames: MiddlewareHandler = async (context, next) => {
  const name = (context.req.header("host") ?? "").replace(/:\d*$/, "");
  if (loopback.includes(name)) return next();
  return context.text(`"${name}" is not a name of this machine's loopback\n`, 421);
};

const routes = async (options: PageOptions): Promise<Hono> => {
  const { host, ui = new URL("./ui/", import.meta.url) } = options;
  const status = (): Status => statusOf(options);
  const app = new Hono();
  const prometheus = createPrometheus(status);
  if (loopback.includes(host) || host === "::1") app.use(onlyLoopbackNames);
  app.use(
    secureHeaders({
      strictTransportSecurity: false,
      contentSecurityPolicy: { defaultSrc: ["'self'"], imgSrc: ["data:"] },
    }),
  );
  app.use(async (context, next) =>
    context.req.method === "GET" || context.req.method === "HEAD"
      ? next()
      : context.text("only GET and HEAD are answered\n", 405, { allow: "GET, HEAD" }),
  );
  for (const [path, { name, type }] of Object.entries(files)) {
    const content = await readFile(new URL(name, ui), "utf8");
    app.get(path, (context) => context.body(content, 200, { "content-type": type }));
  }
  app.get("/status", (context) => context.json(status(), 200, { "cache-control": "no-store" }));
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/metrics", async (context) =>
    context.body(await prometheus.metrics(), 200, { "content-type": prometheus.contentType }),
  );
  app.notFound((context) => context.text("there is /, /status, /metrics and /healthz\n", 404));
  return app;
};

/** Rejects with `PAGE_LISTEN`. */
export const createPage = async (options: PageOptions): Promise<Page> => {
  const app = await routes(options);
  const listener = getRequestListener(app.fetch);
  const server = createServer(
    {
      maxHeaderSize: headersLimitBytes,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
    },
    listener,
  );
  server.maxConnections = connectionsLimit;
  await listen(server, options);
  const { port } = server.address() as { port: number };
  const { host } = options;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/`,
    async stop() {
      const isClosed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await isClosed;
    },
  };
};

const listen = (server: Server, { host, port }: PageOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new AgentError(
          "PAGE_LISTEN",
          `Cannot show the page on ${host}:${port}: ${messageOf(cause)}, set another "page.port"`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
