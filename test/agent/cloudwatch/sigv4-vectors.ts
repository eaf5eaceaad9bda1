/** A request of AWS's published Signature Version 4 test suite, and the signature it must get. */
export interface SigningVector {
  name: string;
  method: "GET" | "POST";
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
  signedHeaders: string;
  signature: string;
}

/** What all requests of the suite share. */
export const suite = {
  credentials: {
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  },
  region: "us-east-1",
  service: "service",
  host: "example.amazonaws.com",
  signedAtMs: Date.UTC(2015, 7, 30, 12, 36),
} as const;

const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const vector = (
  name: string,
  signature: string,
  request: Partial<Omit<SigningVector, "name" | "signature">> = {},
): SigningVector => ({
  name,
  method: name.startsWith("post") ? "POST" : "GET",
  path: "/",
  query: {},
  headers: {},
  body: "",
  signedHeaders: "host;x-amz-date",
  signature,
  ...request,
});

const oneHeader = "host;my-header1;x-amz-date";
const form = "application/x-www-form-urlencoded";

export const signingVectors: readonly SigningVector[] = [
  vector("get-vanilla", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
  vector(
    "get-header-key-duplicate",
    "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    { headers: { "my-header1": "value2,value2,value1" }, signedHeaders: oneHeader },
  ),
  vector(
    "get-header-value-multiline",
    "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790",
    { headers: { "my-header1": "value1,value2,value3" }, signedHeaders: oneHeader },
  ),
  vector(
    "get-header-value-order",
    "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    { headers: { "my-header1": "value4,value1,value3,value2" }, signedHeaders: oneHeader },
  ),
  vector(
    "get-header-value-trim",
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    {
      headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' },
      signedHeaders: "host;my-header1;my-header2;x-amz-date",
    },
  ),
  vector("get-unreserved", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f", {
    path: `/${unreserved}`,
  }),
  vector("get-utf8", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85", {
    path: "/\u1234",
  }),
  vector(
    "get-vanilla-empty-query-key",
    "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    { query: { Param1: "value1" } },
  ),
  vector(
    "get-vanilla-query-order-key-case",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    { query: { Param2: "value2", Param1: "value1" } },
  ),
  vector(
    "get-vanilla-query-unreserved",
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    { query: { [unreserved]: unreserved } },
  ),
  vector(
    "get-vanilla-utf8-query",
    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    { query: { "\u1234": "bar" } },
  ),
  vector("post-vanilla", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
  vector(
    "post-header-key-sort",
    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    { headers: { "my-header1": "value1" }, signedHeaders: oneHeader },
  ),
  vector(
    "post-header-value-case",
    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    { headers: { "my-header1": "VALUE1" }, signedHeaders: oneHeader },
  ),
  vector("post-vanilla-query", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11", {
    query: { Param1: "value1" },
  }),
  vector(
    "post-vanilla-query-nonunreserved",
    "66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e",
    { query: { "@#$%^": "", "+": '/,?><`";:\\|][{}' } },
  ),
  vector(
    "post-vanilla-query-space",
    "e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b",
    { query: { p: "" } },
  ),
  vector(
    "post-x-www-form-urlencoded",
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    {
      headers: { "content-type": form },
      body: "Param1=value1",
      signedHeaders: "content-type;host;x-amz-date",
    },
  ),
  vector(
    "post-x-www-form-urlencoded-parameters",
    "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
    {
      headers: { "content-type": `${form}; charset=utf8` },
      body: "Param1=value1",
      signedHeaders: "content-type;host;x-amz-date",
    },
  ),
];

/** The suite's temporary credentials, sent as a signed header (`post-sts-header-before`). */
export const temporaryVector = {
  sessionToken:
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
  signedHeaders: "host;x-amz-date;x-amz-security-token",
  signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
} as const;
