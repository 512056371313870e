import { systemClock, systemTimer } from "../../src/foundation/clock.js";
import { readConfig } from "../../src/foundation/config/read-config.js";
import { makeLog } from "../../src/foundation/log.js";
import { startServer } from "../../src/server/server.js";

/** Password hashing with the cheapest parameters. */
export const cheapest = { memoryCost: 8, timeCost: 1, parallelism: 1 };

/** Starts servers in this process and keeps the first errors that they log. */
export function serversInProcess(settings: Readonly<Record<string, string>>) {
  const errors: string[] = [];
  const write = (line: string) => void (errors.length < 20 && errors.push(line.slice(0, 3000)));
  const { config } = readConfig({ PORT: "0", JWT_SECRET: "kept for a soak: 6b1f0c2e9d7a4835", ...settings });
  const log = makeLog("error", systemClock, { write });
  const start = () => startServer({ config, clock: systemClock, timer: systemTimer, passwordCost: cheapest, log });
  return { config, errors: errors as readonly string[], start };
}
