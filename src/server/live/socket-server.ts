import type { Logger } from "pino";

import type { Timer } from "../../foundation/clock.js";
import type { ProcessorTurns } from "../../foundation/fairness/processor-turns.js";
import type { Turns } from "../../foundation/fairness/turns.js";
import type { Metrics } from "../../foundation/metrics/metrics.js";
import type { TrustedDocuments } from "../../graphql/trusted-documents.js";
import type { CredentialKeeper } from "./connection-credential.js";
import type { OperationServer } from "./run-operation.js";

export type SocketServer = OperationServer &
  CredentialKeeper & {
    readonly timer: Timer;
    readonly log: Logger;
    readonly metrics: Metrics | undefined;
    readonly trustedDocuments: TrustedDocuments | undefined;
    readonly sendTimeoutMilliseconds: number;
    readonly limits: SocketLimits;
    /** Turns at the processor for large messages. */
    readonly parsing: ProcessorTurns;
    /** Sockets begin a few at a time, or a thousand that come back at once would have everybody else wait. */
    readonly beginnings: Turns;
  };

export type SocketLimits = {
  /** How many sockets and streams one client may have open. */
  readonly connectionsOfClient: number;
  readonly operationsOfSocket: number;
  readonly messagesPerSecond: number;
};
