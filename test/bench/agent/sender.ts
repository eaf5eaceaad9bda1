/** One device of the load, or of the peer's. */
export interface Sender {
  /** Something is logged, at this time of `performance.now`: for senders that are paced. */
  offer(atMs: number): void;
  /** From now on it always has more to send, until it is stopped. */
  saturate(): void;
  /** Logs nothing more; what was logged is still sent. */
  stop(): void;
  /** Once a second or so: sends again what had no answer for long. */
  sweep(nowMs: number): void;
  isUp(): boolean;
  /** All that was logged is answered for. */
  isDone(): boolean;
  counts(): SenderCounts;
  close(): void;
}

export interface SenderCounts {
  /** Events. */
  logged: number;
  /** Frames or messages sent again. */
  resends: number;
  /** Times it was told to wait. */
  busy: number;
}
