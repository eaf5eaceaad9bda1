import { onTestFinished } from "vitest";
import {
  createDeliverySystem,
  type DeliverySystem,
  type DeliverySystemOptions,
} from "./delivery-system.ts";
import { scratchDirectory } from "./local-endpoint.ts";

/** A delivery system that ends with the test. */
export const startDeliverySystem = async (
  options: DeliverySystemOptions = {},
): Promise<DeliverySystem> => {
  const system = await createDeliverySystem(await scratchDirectory(), options);
  onTestFinished(() => system.stop());
  return system;
};
