import type { Random } from "../../random.js";
import type { Allowance } from "../windows.js";

/** A fault, which ends by itself. */
export type Fault = Allowance & {
  readonly kind: string;
  /** Whether it strikes one process; the others must be unaffected. */
  readonly ofOneProcess?: boolean;
  /** Causes the fault and ends it; everything is restored when the promise resolves. */
  readonly run: (struck: { readonly random: Random; readonly process: number }) => Promise<void>;
};

/** A database under test, and its faults. */
export type Stage = {
  readonly name: string;
  readonly url: string;
  readonly faults: readonly Fault[];
  /** Faults that this machine doesn't allow, and why. */
  readonly skipped: readonly string[];
  /** Queries the database directly. */
  readonly rows: (query: string) => Promise<any[]>;
  readonly close: () => Promise<void>;
};

/** The error codes while the database can't be reached or doesn't answer. */
export const away = ["SERVICE_UNAVAILABLE", "TIMEOUT"];
