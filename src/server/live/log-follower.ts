import type { EventLog } from "../../database/event-log/event-log.js";
import type { EventMark, LoggedEvent } from "../../database/event-log/event.js";

/** Follows the event log as long as there is a connection that could be sent events. */
export class LogFollower {
  private following: Promise<() => void> | undefined;

  constructor(
    private readonly deps: {
      readonly events: EventLog;
      readonly onEvents: (events: readonly LoggedEvent[]) => void;
      /** Called if the log has gone back, with the position from which it goes on. */
      readonly onLost: (position: EventMark) => void;
    },
  ) {}

  /** Starts to follow the log, unless that is done already. */
  readonly follow = async (): Promise<void> => {
    const { events, onEvents, onLost } = this.deps;
    const started = (this.following ??= events.follow({ events: onEvents, lost: onLost }));
    try {
      await started;
    } catch (error) {
      if (this.following === started) this.following = undefined;
      throw error;
    }
  };

  readonly leave = (): void => {
    const left = this.following;
    this.following = undefined;
    void left?.then(
      (leave) => leave(),
      () => {},
    );
  };
}
