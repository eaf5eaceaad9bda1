import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandPath } from "../support/debian.ts";
import { anyDeviceStatus, startFleetPage } from "../support/fleet-page.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: commandPath("chromium") ?? "chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
});

afterAll(async () => {
  await browser.close();
});

/** Opens the page; fails the test for an error in it. */
const open = async (url: string): Promise<Page> => {
  const page = await browser.newPage();
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
};

const rowsOf = (page: Page): Promise<string[]> =>
  page.locator("section tbody tr td:first-child").allTextContents();

describe("fleet page", () => {
  it("shows fleet, devices, drops and troubles, and follows them", async () => {
    const { url, devices, metrics, troubles } = await startFleetPage();
    devices.push(anyDeviceStatus("pump-7"), anyDeviceStatus("door-1", false));
    const page = await open(url);

    metrics.eventsDelivered = 1_234;
    metrics.dropped = { ring_full: 12 };
    troubles.note("Cannot reach http://localhost:9");

    await page.getByText("1,234").waitFor();
    await page.getByText("ring_full").waitFor();
    await page.getByText("Cannot reach http://localhost:9").waitFor();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("pumps");
    expect(await rowsOf(page)).toEqual(["pump-7", "door-1"]);
    expect(await page.locator("canvas").count()).toBe(1);
    await page.close();
  });

  it("finds devices by a part of their names", async () => {
    const { url, devices } = await startFleetPage();
    devices.push(anyDeviceStatus("pump-7"), anyDeviceStatus("door-1"));
    const page = await open(url);

    await page.getByRole("searchbox").fill("DOOR");

    expect(await rowsOf(page)).toEqual(["door-1"]);
    await page.close();
  });

  it("shows what devices say as text, never as markup", async () => {
    const { url, troubles } = await startFleetPage();
    troubles.note("<img src=x onerror=document.title='owned'>");
    const page = await open(url);

    await page.getByText("<img src=x").waitFor();

    expect(await page.title()).toBe("fleetlog");
    await page.close();
  });

  it("says that the agent does not answer any more", async () => {
    const { url } = await startFleetPage();
    const page = await open(url);

    await page.route("**/status", (route) => route.abort());

    await page.getByText("The agent does not answer").waitFor();
    await page.close();
  });
});
