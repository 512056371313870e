import type { Engine } from "./engine.js";
import { postgresqlEngine } from "./postgresql/engine.js";
import { sqliteEngine } from "./sqlite/engine.js";

export const engines: readonly Engine[] = [sqliteEngine, postgresqlEngine];

/** Returns the engine of a `DATABASE_URL`, by its scheme. */
export const engineOf = (url: string): Engine => (url.startsWith("sqlite:") ? sqliteEngine : postgresqlEngine);
