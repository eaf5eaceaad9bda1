import { effect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { samples } from "./state.ts";

const heightPx = 180;

const optionsFor = (width: number): uPlot.Options => ({
  width,
  height: heightPx,
  cursor: { y: false },
  legend: { live: true },
  axes: [{ stroke: "currentColor" }, { stroke: "currentColor", size: 60 }],
  scales: { y: { range: (_, _least, most) => [0, Math.max(1, most * 1.1)] } },
  series: [
    { label: "time" },
    { label: "stored / s", stroke: "#8a63d2", width: 2 },
    { label: "delivered / s", stroke: "#1f9d55", width: 2 },
  ],
});

/** Entries stored and events delivered, over the last ten minutes. */
export const RateChart = (): VNode => {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = place.current;
    if (target === null) return undefined;
    const chart = new uPlot(optionsFor(target.clientWidth), [[], [], []], target);
    const fit = (): void => chart.setSize({ width: target.clientWidth, height: heightPx });
    addEventListener("resize", fit);
    const stop = effect(() => {
      const found = samples.value;
      chart.setData([
        found.map(({ at }) => at),
        found.map(({ stored }) => stored),
        found.map(({ delivered }) => delivered),
      ]);
    });
    return () => {
      removeEventListener("resize", fit);
      stop();
      chart.destroy();
    };
  }, []);
  return <div ref={place} class="chart" />;
};
