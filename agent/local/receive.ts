import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { AgentError } from "../errors.ts";
import { refusal } from "./service-error.ts";

const inflate = promisify(gunzip);

/** Bytes of a body, as sent and unpacked: the largest batch with every character escaped fits. */
export const bodyLimitBytes = 8_388_608;

const tooLarge = (): AgentError =>
  refusal("RequestEntityTooLargeException", `Request size exceeds ${bodyLimitBytes} bytes`);

const unreadable = (message: string): AgentError => refusal("SerializationException", message);

/** Reads a request's whole body as sent, up to the limit. By events: an iterator costs twice as much. */
export const receiveBody = (request: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const refuse = (): void => {
      request.pause();
      reject(tooLarge());
    };
    if (Number(request.headers["content-length"] ?? 0) > bodyLimitBytes) return refuse();
    request.on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes > bodyLimitBytes) refuse();
      else parts.push(part);
    });
    request.on("end", () => {
      resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts));
    });
    request.on("error", reject);
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
