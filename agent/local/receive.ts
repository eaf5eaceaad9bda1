import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { AgentError } from "../errors.ts";
import { refusal } from "./service-error.ts";

const inflate = promisify(gunzip);

/** Bytes of a body, as sent and unpacked: the largest batch with every character escaped fits. */
export const bodyLimitBytes = 8_388_608;

const tooLarge = (): AgentError =>
  refusal("RequestEntityTooLargeException", `Request size exceeds ${bodyLimitBytes} bytes`);

/** Bytes of bodies that an endpoint holds at a time, unless it is told otherwise. */
export const bodiesLimitBytes = 268_435_456;

/** Bodies that are being received, or were and are being dealt with. */
export interface Bodies {
  limitBytes: number;
  heldBytes: number;
}

const tooMany = (): AgentError =>
  refusal("ServiceUnavailableException", "Too many bytes of requests are under way");

const unreadable = (message: string): AgentError => refusal("SerializationException", message);

/**
 * Reads a request's whole body as sent, up to the limits. Its bytes are among those held until the
 * response is closed, or the body is refused. By events: an iterator costs twice as much.
 */
export const receiveBody = (
  request: IncomingMessage,
  response: ServerResponse,
  bodies: Bodies,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const release = (): void => {
      bodies.heldBytes -= bytes;
      bytes = 0;
      parts.length = 0;
    };
    const refuse = (refused: AgentError): void => {
      request.pause();
      request.removeAllListeners("data");
      release();
      reject(refused);
    };
    if (Number(request.headers["content-length"] ?? 0) > bodyLimitBytes) return refuse(tooLarge());
    request.on("data", (part: Buffer) => {
      bytes += part.length;
      bodies.heldBytes += part.length;
      if (bytes > bodyLimitBytes) refuse(tooLarge());
      else if (bodies.heldBytes > bodies.limitBytes) refuse(tooMany());
      else parts.push(part);
    });
    request.on("end", () => {
      resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts));
    });
    request.on("error", reject);
    response.once("close", release);
  });

/** Undoes the `content-encoding`, which the signature covers. */
export const unpackBody = async (body: Buffer, encoding: string | undefined): Promise<Buffer> => {
  if (encoding === undefined || encoding === "identity") return body;
  if (encoding !== "gzip") throw unreadable(`Content-Encoding '${encoding}' is not supported`);
  try {
    return await inflate(body, { maxOutputLength: bodyLimitBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw unreadable("The gzip body cannot be unpacked");
  }
};

/** Reads a body as JSON in UTF-8. */
export const parseBody = (body: Buffer): unknown => {
  if (!isUtf8(body)) throw unreadable("The body is not UTF-8");
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw unreadable("The body is not JSON");
  }
};
