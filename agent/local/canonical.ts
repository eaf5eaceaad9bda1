import { createHash } from "node:crypto";

/** A request as it came over the wire, with lower-case header names. */
export interface WireRequest {
  method: string;
  /** Path and query, undecoded. */
  target: string;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: Uint8Array;
}

/** SHA-256 as lower-case hex. */
export const sha256Hex = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex");

const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const decodeLeniently = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Dot segments resolved and slashes merged, then every segment encoded once more, as SigV4 asks outside S3. */
const canonicalPath = (path: string): string => {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const tail = kept.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${kept.map(encodeStrictly).join("/")}${tail}`;
};

const byCodePoint = (left: string, right: string): number =>
  left < right ? -1 : left > right ? 1 : 0;

const canonicalQuery = (query: string): string =>
  query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const name = equals < 0 ? pair : pair.slice(0, equals);
      const value = equals < 0 ? "" : pair.slice(equals + 1);
      return [encodeStrictly(decodeLeniently(name)), encodeStrictly(decodeLeniently(value))];
    })
    .sort(([leftName = "", leftValue = ""], [rightName = "", rightValue = ""]) =>
      leftName === rightName
        ? byCodePoint(leftValue, rightValue)
        : byCodePoint(leftName, rightName),
    )
    .map((pair) => pair.join("="))
    .join("&");

/** A header's values, each without surrounding and repeated spaces, joined by commas. */
const canonicalHeader = (value: string | readonly string[] | undefined): string =>
  (typeof value === "string" || value === undefined ? [value ?? ""] : value)
    .map((one) => one.trim().replace(/\s+/g, " "))
    .join(",");

/** The text whose hash a SigV4 signature covers. */
export const canonicalRequest = (
  request: WireRequest,
  signedHeaders: readonly string[],
  bodyHash: string,
): string => {
  const mark = request.target.indexOf("?");
  const path = mark < 0 ? request.target : request.target.slice(0, mark);
  const query = mark < 0 ? "" : request.target.slice(mark + 1);
  const headers = signedHeaders.map(
    (name) => `${name}:${canonicalHeader(request.headers[name])}\n`,
  );
  return [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    headers.join(""),
    signedHeaders.join(";"),
    bodyHash,
  ].join("\n");
};
