/**
 * The header-signed requests of AWS's published Signature Version 4 test suite that apply outside S3
 * (paths normalized), with the signatures it expects. All are of one moment, key and scope. Requests
 * that the suite of 2015 has otherwise than today's are there in both forms.
 */
export interface SigningVector {
  name: string;
  method: "GET" | "POST";
  target: string;
  /** Besides host and x-amz-date. */
  headers: Readonly<Record<string, string | readonly string[]>>;
  body: string;
  signedHeaders: string;
  signature: string;
}

export const vectorScope = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  service: "service",
  host: "example.amazonaws.com",
  date: "20150830T123600Z",
  dateMs: Date.UTC(2015, 7, 30, 12, 36),
} as const;

const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const plain = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const plainPost = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
const postWithQuery = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11";

/** Name, target, signature of requests that differ in their target alone. */
const targets: readonly (readonly [string, SigningVector["method"], string, string])[] = [
  ["get-vanilla", "GET", "/", plain],
  ["get-relative", "GET", "/example/..", plain],
  ["get-relative-relative", "GET", "/example1/example2/../..", plain],
  ["get-slash", "GET", "//", plain],
  ["get-slash-dot-slash", "GET", "/./", plain],
  [
    "get-slash-pointless-dot",
    "GET",
    "/./example",
    "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
  ],
  [
    "get-slashes",
    "GET",
    "//example//",
    "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
  ],
  [
    "get-space",
    "GET",
    "/example space/",
    "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
  ],
  [
    "get-unreserved",
    "GET",
    `/${unreserved}`,
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  ],
  [
    "get-utf8",
    "GET",
    "/\u1234",
    "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
  ],
  [
    "get-vanilla-empty-query-key",
    "GET",
    "/?Param1=value1",
    "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  ],
  [
    "get-vanilla-query-order-encoded",
    "GET",
    "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
    "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
  ],
  [
    "get-vanilla-query-order-key-case",
    "GET",
    "/?Param2=value2&Param1=value1",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  [
    "get-vanilla-query-unreserved",
    "GET",
    `/?${unreserved}=${unreserved}`,
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  ],
  [
    "get-vanilla-utf8-query",
    "GET",
    "/?\u1234=bar",
    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  ],
  ["post-vanilla", "POST", "/", plainPost],
  ["post-vanilla-query", "POST", "/?Param1=value1", postWithQuery],
  [
    "post-vanilla-query-nonunreserved",
    "POST",
    "/?%40%23%24%25%5E=&%2B=%2F%2C%3F%3E%3C%60%22%3B%3A%5C%7C%5D%5B%7B%7D",
    "66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e",
  ],
  [
    "post-vanilla-query-space",
    "POST",
    "/?p=",
    "e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b",
  ],
];

const withHeader = (
  name: string,
  headers: SigningVector["headers"],
  signature: string,
  method: SigningVector["method"] = "GET",
): SigningVector => ({
  name,
  method,
  target: "/",
  headers,
  body: "",
  signedHeaders: ["host", "x-amz-date", ...Object.keys(headers)].sort().join(";"),
  signature,
});

const formType = "application/x-www-form-urlencoded";
const formHeaders = {
  "content-length": "13",
  "x-amz-content-sha256": "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
};

const form = (
  name: string,
  headers: SigningVector["headers"],
  signature: string,
): SigningVector => ({
  ...withHeader(name, headers, signature, "POST"),
  body: "Param1=value1",
});

export const signingVectors: readonly SigningVector[] = [
  ...targets.map(([name, method, target, signature]) => ({
    ...withHeader(name, {}, signature, method),
    target,
  })),
  withHeader(
    "get-header-key-duplicate",
    { "my-header1": ["value2", "value2", "value1"] },
    "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  ),
  withHeader(
    "get-header-value-multiline",
    { "my-header1": "value1\n  value2\n     value3" },
    "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd",
  ),
  withHeader(
    "get-header-value-order",
    { "my-header1": ["value4", "value1", "value3", "value2"] },
    "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
  ),
  withHeader(
    "get-header-value-trim",
    { "my-header1": " value1", "my-header2": ' "a   b   c"' },
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  ),
  withHeader(
    "post-header-key-sort",
    { "my-header1": "value1" },
    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    "POST",
  ),
  withHeader(
    "post-header-value-case",
    { "my-header1": "VALUE1" },
    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    "POST",
  ),
  withHeader(
    "get-vanilla-with-session-token",
    { "x-amz-security-token": "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267" },
    "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
  ),
  form(
    "post-x-www-form-urlencoded",
    { ...formHeaders, "content-type": formType },
    "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
  ),
  form(
    "post-x-www-form-urlencoded-parameters",
    { ...formHeaders, "content-type": `${formType}; charset=utf-8` },
    "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
  ),
  form(
    "post-x-www-form-urlencoded of 2015",
    { "content-type": formType },
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  ),
  form(
    "post-x-www-form-urlencoded-parameters of 2015",
    { "content-type": `${formType}; charset=utf8` },
    "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
  ),
  withHeader(
    "get-header-value-multiline of 2015",
    { "my-header1": ["value1", "value2", "value3"] },
    "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790",
  ),
  withHeader(
    "post-sts-header-before",
    {
      "x-amz-security-token":
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
    },
    "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    "POST",
  ),
];

/** A CreateLogGroup call as the original library signed it, without a content hash header. */
export const createGroupVector = {
  region: "us-east-1",
  service: "logs",
  host: "logs.us-east-1.amazonaws.com",
  body: '{"logGroupName":"testLogGroup"}',
  target: "Logs_20140328.CreateLogGroup",
  contentType: "application/x-amz-json-1.1",
  signedHeaders: "content-type;host;x-amz-date;x-amz-target",
  signature: "d63acfb26868185504838c2b28054fedf4499823d78926f4b7647de94728b7d3",
} as const;
