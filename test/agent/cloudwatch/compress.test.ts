import { randomFillSync } from "node:crypto";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack } from "../../../agent/cloudwatch/compress.ts";

const repetitive = (sizeBytes: number) => Buffer.alloc(sizeBytes, '{"message":"door opened"}');

describe("packed body", () => {
  it.each([1_024, 16_384, 16_385, 1_048_576])("of %i bytes unpacks to the same", async (size) => {
    const body = repetitive(size);

    const packed = await pack(body);

    expect(packed.isGzip).toBe(true);
    expect(packed.body.length).toBeLessThan(size / 5);
    expect(gunzipSync(packed.body).equals(body)).toBe(true);
  });

  it("is left alone where it is too small to gain", async () => {
    const body = repetitive(1_023);

    const packed = await pack(body);

    expect(packed).toEqual({ body, isGzip: false });
  });

  it("is left alone where compression makes it larger", async () => {
    const body = randomFillSync(new Uint8Array(20_000));

    const packed = await pack(body);

    expect(packed).toEqual({ body, isGzip: false });
  });

  it("is never larger than the body", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1_000, maxLength: 3_000 }), async (body) => {
        const packed = await pack(body);

        expect(packed.body.length).toBeLessThanOrEqual(body.length);
      }),
      { numRuns: 30 },
    );
  });
});
