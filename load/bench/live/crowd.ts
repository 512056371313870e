import { constants, setPriority } from "node:os";

import { askChild, forkModule } from "../../child.js";
import type { Order } from "./crowd-process.js";

type Joining = Omit<Extract<Order, { do: "join" }>, "do">;

/** Listeners in a process of their own. */
export type Crowd = {
  /** Opens `count` sockets, and resolves when each has its subscription. */
  readonly join: (joining: Joining) => Promise<void>;
  /** Waits for `each` events at every listener. Returns the times of their arrival, in milliseconds since 1970. */
  readonly arrivals: (each: number) => Promise<number[]>;
  readonly comeBack: (renewed: Readonly<Record<string, string>>) => Promise<void>;
  readonly comebacks: () => Promise<{ readonly ended: number; readonly comebacks: number }>;
  /** Lowers the process's priority, as if it ran on other machines. */
  readonly giveWay: () => void;
  readonly leave: () => Promise<void>;
  readonly end: () => void;
};

export async function startCrowd(): Promise<Crowd> {
  const child = await forkModule(new URL("crowd-process.ts", import.meta.url));
  const ask = (order: Order): Promise<any> => askChild(child, order);
  return {
    join: (joining) => ask({ do: "join", ...joining }),
    arrivals: (each) => ask({ do: "await events", each }),
    comeBack: (renewed) => ask({ do: "come back", renewed }),
    comebacks: () => ask({ do: "count comebacks" }),
    giveWay: () => setPriority(child.pid!, constants.priority.PRIORITY_LOW),
    leave: () => ask({ do: "leave" }),
    end: () => void child.kill("SIGKILL"),
  };
}
