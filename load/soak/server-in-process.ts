import { systemClock, systemTimer } from "../../src/foundation/clock.js";
import { readConfig } from "../../src/foundation/config/read-config.js";
import { makeLog } from "../../src/foundation/log.js";
import { startServer, type RunningServer } from "../../src/server/server.js";

/** Password hashing with the cheapest parameters. */
export const cheapest = { memoryCost: 8, timeCost: 1, parallelism: 1 };

const mostLines = 20;
const longestLine = 3000;

/** Starts servers in this process and keeps the first errors that they log. */
export function serversInProcess(settings: Readonly<Record<string, string>>) {
  const errors: string[] = [];
  const write = (line: string) => {
    if (errors.length < mostLines) errors.push(line.slice(0, longestLine));
  };
  const { config } = readConfig({ PORT: "0", JWT_SECRET: "kept for a soak: 6b1f0c2e9d7a4835", ...settings });
  const log = makeLog("error", systemClock, { write });
  return {
    config,
    errors: errors as readonly string[],
    start: (): Promise<RunningServer> =>
      startServer({ config, clock: systemClock, timer: systemTimer, passwordCost: cheapest, log }),
  };
}
