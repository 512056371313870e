import type { Random } from "../../random.js";
import type { Allowance } from "../windows.js";

/** Something that goes wrong, and ends. */
export type Fault = Allowance & {
  readonly kind: string;
  /** Whether it strikes one process; the others have to go on as if nothing were. */
  readonly ofOneProcess?: boolean;
  /** Brings it about and ends it: once this is answered, all is as it was. */
  readonly run: (struck: { readonly random: Random; readonly process: number }) => Promise<void>;
};

/** A database under test, and what can go wrong with it. */
export type Stage = {
  readonly name: string;
  readonly url: string;
  readonly faults: readonly Fault[];
  /** Faults that this machine doesn't allow, and why. */
  readonly skipped: readonly string[];
  /** Asks the database itself. */
  readonly rows: (query: string) => Promise<any[]>;
  readonly close: () => Promise<void>;
};

/** The error codes while the database can't be reached or doesn't answer. */
export const away = ["SERVICE_UNAVAILABLE", "TIMEOUT"];
