import { render } from "preact";
import type { Status } from "../status.ts";
import { RateChart } from "./rate-chart.tsx";
import { fault, follow, samples, status } from "./state.ts";
import { Devices, Drops, Troubles } from "./tables.tsx";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

const Figure = ({ name, value, note }: { name: string; value: string; note?: string }) => (
  <div class="figure">
    <dt>{name}</dt>
    <dd>{value}</dd>
    <small>{note ?? ""}</small>
  </div>
);

const sizeOf = (bytes: number): string =>
  bytes < 1_048_576
    ? `${number.format(bytes / 1_024)} KiB`
    : `${number.format(bytes / 1_048_576)} MiB`;

const Figures = ({ now: { metrics, online, pending } }: { now: Status }) => (
  <dl class="figures">
    <Figure
      name="online"
      value={number.format(online)}
      note={`of ${number.format(pending.devices)} known`}
    />
    <Figure
      name="delivered"
      value={number.format(metrics.eventsDelivered)}
      note={`${number.format(samples.value.at(-1)?.delivered ?? 0)} a second`}
    />
    <Figure
      name="waiting"
      value={sizeOf(pending.bytes)}
      note={`${number.format(pending.frames)} frames, limit ${sizeOf(pending.limitBytes)}`}
    />
    <Figure
      name="calls"
      value={number.format(metrics.calls)}
      note={`${number.format(metrics.callsThrottled)} throttled, ${number.format(metrics.callsUnknown)} without answer`}
    />
    <Figure
      name="dead letters"
      value={number.format(metrics.deadLetters)}
      note={`${number.format(metrics.deadLettersEvicted)} gave way`}
    />
    <Figure name="possibly doubled" value={number.format(metrics.possiblyDuplicated)} />
  </dl>
);

const Page = () => {
  const now = status.value;
  return (
    <>
      {fault.value === null ? null : <p class="fault">The agent does not answer: {fault.value}</p>}
      {now === null ? null : (
        <>
          <header>
            <h1>{now.fleet}</h1>
            <p class="quiet">
              {now.mqtt} → {now.group} : {now.stream}
            </p>
          </header>
          <Figures now={now} />
          <RateChart />
          <div class="columns">
            <section>
              <h2>Devices</h2>
              <Devices />
            </section>
            <aside>
              <h2>Dropped</h2>
              <Drops status={now} />
              <h2>Troubles</h2>
              <Troubles status={now} />
            </aside>
          </div>
        </>
      )}
    </>
  );
};

render(<Page />, document.body);
void follow();
