import type { VNode } from "preact";
import type { Status } from "../status.ts";
import { search, shownDevices } from "./state.ts";

const number = new Intl.NumberFormat("en");

const timeOf = (epochMs: number): string => new Date(epochMs).toISOString().slice(11, 19);

/** What was lost on the way, by reason, as devices counted it. */
export const Drops = ({ status: { metrics } }: { status: Status }): VNode => {
  const reasons = Object.entries(metrics.dropped).sort(([, left], [, right]) => right - left);
  if (reasons.length === 0) return <p class="quiet">No event was dropped.</p>;
  return (
    <table>
      <tbody>
        {reasons.map(([reason, count]) => (
          <tr key={reason}>
            <td>{reason}</td>
            <td class="number">{number.format(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

export const Troubles = ({ status: { troubles } }: { status: Status }): VNode =>
  troubles.length === 0 ? (
    <p class="quiet">Nothing to report.</p>
  ) : (
    <ol class="troubles">
      {troubles.map(({ epochMs, message }) => (
        <li key={`${epochMs} ${message}`}>
          <time>{timeOf(epochMs)}</time> {message}
        </li>
      ))}
    </ol>
  );

export const Devices = (): VNode => (
  <>
    <input
      type="search"
      placeholder="find a device"
      aria-label="find a device"
      value={search.value}
      onInput={({ currentTarget }) => {
        search.value = currentTarget.value;
      }}
    />
    <table>
      <thead>
        <tr>
          <th>device</th>
          <th>state</th>
          <th>boot</th>
          <th class="number">next seq</th>
          <th class="number">waiting bytes</th>
        </tr>
      </thead>
      <tbody>
        {shownDevices.value.map(({ id, isOnline, boot, next, waitingBytes }) => (
          <tr key={id}>
            <td>{id}</td>
            <td class={isOnline ? "online" : "quiet"}>{isOnline ? "online" : "offline"}</td>
            <td>{boot ?? "none"}</td>
            <td class="number">{number.format(next)}</td>
            <td class="number">{number.format(waitingBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </>
);
