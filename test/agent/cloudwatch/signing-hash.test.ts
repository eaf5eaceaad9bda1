import { Sha256 } from "@aws-crypto/sha256-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSigningHash } from "../../../agent/cloudwatch/signing-hash.ts";

const anySecret = () =>
  fc.oneof(
    fc.constant(undefined),
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.uint8Array({ minLength: 1, maxLength: 100 }),
  );

describe("signing hash", () => {
  it("gives what the package's own hash gives, whatever the secret, however often it is asked", async () => {
    const SigningHash = createSigningHash();
    await fc.assert(
      fc.asyncProperty(anySecret(), fc.array(fc.uint8Array()), async (secret, chunks) => {
        const own = new Sha256(secret);
        for (const chunk of chunks) own.update(chunk);
        const expected = await own.digest();

        for (let times = 0; times < 2; times++) {
          const hash = new SigningHash(secret);
          for (const chunk of chunks) hash.update(chunk);
          expect([...(await hash.digest())]).toEqual([...expected]);
        }
      }),
    );
  });

  it("begins anew when it is reset", async () => {
    const SigningHash = createSigningHash();
    for (const secret of [undefined, "text", Uint8Array.of(1)]) {
      const hash = new SigningHash(secret);
      hash.update("before");
      hash.reset();
      hash.update("after");
      const own = new Sha256(secret);
      own.update("after");

      expect([...(await hash.digest())]).toEqual([...(await own.digest())]);
    }
  });
});
