/** What `after` gives, for `cancel`. Never falsy. */
export type Timer = unknown;

/** What the module asks of its host besides a connection. Nothing here ever throws. */
export interface Platform {
  /** Milliseconds since boot: an integer that never decreases, whatever happens to the wall clock. */
  uptimeMs(): number;
  /** Calls `callback` once, not before `delayMs` have passed and never synchronously. */
  after(delayMs: number, callback: () => void): Timer;
  cancel(timer: Timer): void;
  /**
   * Where the host's clock can be set: told from a timer when that has happened, by how much. The
   * uptime is without it.
   */
  onStep?: ((steppedMs: number) => void) | null;
  /**
   * Bytes of memory that are free, about; what is no longer used among them only where `isExact`,
   * which takes longer. Absent where there is no end of them.
   */
  freeBytes?(isExact: boolean): number;
  /** Starts telling of the program's troubles. */
  watch?(watcher: TroubleWatcher): void;
  /**
   * Where a program may be saved and resumed: tells when it is about to be, or about to end, and when
   * it goes on. What is saved may be resumed many times.
   */
  watchSave?(onSave: () => void, onResume: () => void): void;
  /** An integer of 32 bits, 0 to 2^32 - 1, that differs between any two starts of any two devices. */
  entropy(): number;
}

/** What a host tells of the program's troubles. */
export interface TroubleWatcher {
  /** Nobody has caught an exception; null where they are not to be told. The host still reports it. */
  onUncaught: ((thrown: unknown) => void) | null;
  /** The engine has raised flags, by their names. */
  onFlags(names: string[]): void;
}

/** What a link tells. */
export interface LinkListener {
  /** A new connection stands; subscriptions of an earlier one are gone. */
  onConnect(): void;
  onDisconnect(): void;
  /** The transport, after `isReady` was false, takes messages again. */
  onDrain(): void;
  onMessage(topic: string, payload: Uint8Array): void;
  /** The connection is about to be let go, by the application's wish: a last message may be sent. */
  onLeave?(): void;
}

/** The MQTT connection as the device needs it. No method throws, and none tells anything synchronously. */
export interface Link {
  /** Starts telling `listener`, the only one. A connection that stands already is not announced. */
  listen(listener: LinkListener): void;
  isConnected(): boolean;
  /** Whether `publish` may be called: connected, and the transport's queue has drained. */
  isReady(): boolean;
  subscribe(topic: string): void;
  /** Sends, at QoS 1 where the client has it, and may lose the message all the same. */
  publish(topic: string, payload: Uint8Array, isRetained: boolean): void;
  /** Stops telling and reconnecting. The connection itself stays with the application. */
  release(): void;
  /**
   * Nothing is left to send, or the device goes to sleep: no timer of the link runs from then on, and
   * the connection may be let go, until `isReady` is asked again. Absent where a client does as it likes.
   */
  rest?(isAsleep: boolean): void;
  /** How long the link cannot be used for sure, Infinity where nobody knows. */
  waitMs?(): number;
  /** What comes next is urgent: it need not wait for the radio's next turn. */
  hurry?(): void;
}
