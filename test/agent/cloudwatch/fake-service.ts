import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** A request as the service received it, its body unpacked. */
interface ReceivedRequest {
  headers: IncomingHttpHeaders;
  path: string;
  text: string;
}

/** What the service does with one request. */
export type FakeAnswer =
  | { status?: number; body?: string; headers?: Record<string, string> }
  | "cut" // Closes the connection once it has read the request.
  | "silence" // Reads the request and says nothing.
  | ((request: ReceivedRequest, response: ServerResponse) => void);

/** A loopback HTTP server that does what it is told, request by request. */
export interface FakeService {
  url: string;
  requests: ReceivedRequest[];
  /** Connections opened so far. */
  connections(): number;
  close(): Promise<void>;
}

/** An error as the service words it. */
export const refusal = (name: string, message = "", status = 400): FakeAnswer => ({
  status,
  body: JSON.stringify({ __type: name, message }),
});

const give = (answer: FakeAnswer, request: ReceivedRequest, response: ServerResponse): void => {
  if (answer === "silence") return;
  if (answer === "cut") {
    response.socket?.destroy();
  } else if (typeof answer === "function") {
    answer(request, response);
  } else {
    const headers = { "content-type": "application/x-amz-json-1.1", ...answer.headers };
    response.writeHead(answer.status ?? 200, headers).end(answer.body ?? "{}");
  }
};

/** Gives `answers` in turn, then `{}` with status 200. */
export const startFakeService = async (...answers: FakeAnswer[]): Promise<FakeService> => {
  const requests: ReceivedRequest[] = [];
  let connections = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const sent = Buffer.concat(chunks);
      const isGzip = incoming.headers["content-encoding"] === "gzip";
      const text = (isGzip ? gunzipSync(sent) : sent).toString("utf8");
      const request = { headers: incoming.headers, path: incoming.url ?? "", text };
      requests.push(request);
      give(answers.shift() ?? {}, request, response);
    });
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** A loopback address where nothing listens. */
export const unusedUrl = async (): Promise<string> => {
  const service = await startFakeService();
  await service.close();
  return service.url;
};
